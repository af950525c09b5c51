import { EXIT } from '../exit-codes.ts';
import { checkLedger } from '../ledger/maintenance.ts';
import { terminalText } from '../reporting/terminal-text.ts';
import { defineCommand } from './command.ts';
import { writeResult } from './output.ts';
import { loadSetting } from './setting.ts';

export const ledgerCheck = defineCommand({
  flags: {},
  async run(flags, context) {
    const { ledgerPath } = await loadSetting(flags, context);
    const findings = await checkLedger(ledgerPath);
    const ok = findings.length === 0;
    writeResult(context.stdout, flags, { ledger: ledgerPath, ok, findings }, () =>
      ok
        ? 'The ledger is sound.'
        : [
            'The ledger is damaged:',
            ...findings.map(({ code, message }) => `  ${code}: ${terminalText(message)}`),
          ].join('\n'),
    );
    return ok ? EXIT.done : EXIT.ledger;
  },
});
