import { EXIT } from '../exit-codes.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { paintFor } from '../reporting/paint.ts';
import { type StatusDocument, statusText } from '../reporting/status-text.ts';
import { defineCommand } from './command.ts';
import { withLedger } from './ledger-access.ts';
import { writeResult } from './output.ts';
import { loadSetting, type Setting } from './setting.ts';

const SHOWN_RUNS = 5;
const SHOWN_EXAMPLES = 3;

export const status = defineCommand({
  flags: {},
  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const document = await withLedger(setting, 'read-only', (ledger) => describe(setting, ledger));
    writeResult(context.stdout, flags, document, () => statusText(document, paintFor(context.stdout)));
    return EXIT.done;
  },
});

async function describe({ config, ledgerPath }: Setting, ledger: Ledger): Promise<StatusDocument> {
  const runs = await ledger.runs(SHOWN_RUNS);
  return {
    stream: config.stream,
    ledger: ledgerPath,
    messages: await ledger.counts(),
    states: await ledger.stateCounts(),
    codes: await ledger.codes(SHOWN_EXAMPLES),
    runs: runs.map(({ run, command, status, startedAtMs, endedAtMs }) => ({
      run,
      command,
      status,
      startedAt: new Date(startedAtMs).toISOString(),
      endedAt: endedAtMs === null ? null : new Date(endedAtMs).toISOString(),
    })),
  };
}
