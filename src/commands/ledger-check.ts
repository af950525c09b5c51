import { BackhaulError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { examineLedger } from '../ledger/rescue/examine.ts';
import { plural } from '../reporting/counts.ts';
import { type RescueFigures, rescueLines } from '../reporting/rescue-text.ts';
import { terminalText } from '../reporting/terminal-text.ts';
import { defineCommand } from './command.ts';
import { bindingOf } from './ledger-recover.ts';
import { repeatedFlags } from './next-step-facts.ts';
import { writeResult } from './output.ts';
import { loadSetting } from './setting.ts';
import { withThrowawayDirectory } from './throwaway-directory.ts';

const SHOWN_FINDINGS = 5;

export const ledgerCheck = defineCommand({
  flags: {},
  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const { ledgerPath } = setting;
    const { findings, rescue, obstacle } = await examineLedger(
      { path: ledgerPath, binding: bindingOf(setting), nowMs: context.clock.nowMs() },
      withThrowawayDirectory,
    );
    const ok = findings.length === 0;
    writeResult(context.stdout, flags, { ledger: ledgerPath, ok, findings, ...(ok ? {} : { rescue }) }, () =>
      ok ? 'The ledger is sound.' : damageText(findings, obstacle ?? rescue, repeatedFlags(flags)),
    );
    return ok ? EXIT.done : EXIT.ledger;
  },
});

interface Finding {
  readonly code: string;
  readonly message: string;
}

function damageText(
  findings: readonly Finding[],
  trial: RescueFigures | BackhaulError | null,
  flags: readonly string[],
): string {
  const hidden = findings.length - SHOWN_FINDINGS;
  const recover = ['backhaul ledger recover', ...flags].join(' ');
  return [
    'The ledger is damaged:',
    ...findings.slice(0, SHOWN_FINDINGS).map(({ code, message }) => `  ${code}: ${terminalText(message)}`),
    ...(hidden > 0 ? [`  … and ${plural(hidden, 'finding')} more`] : []),
    ...trialLines(trial),
    ...(trial === null ? [] : [`Next: \`${recover}\` saves what can be saved into a new file.`]),
  ].join('\n');
}

function trialLines(trial: RescueFigures | BackhaulError | null): readonly string[] {
  if (trial === null) return ['Nothing of it can be trusted any more: restore it from a backup.'];
  return trial instanceof BackhaulError
    ? [`What can still be trusted is not known: ${terminalText(trial.message)}.`, terminalText(trial.fix)]
    : ['What can still be trusted:', ...rescueLines(trial)];
}
