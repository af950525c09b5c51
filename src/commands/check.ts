import { join } from 'node:path';
import { snapshotLedger } from '../ledger/snapshot.ts';
import { checkPipeline } from '../pipeline/check.ts';
import { checkText } from '../reporting/check-text.ts';
import { paintFor } from '../reporting/paint.ts';
import { type CommandContext, defineCommand, type GlobalFlags } from './command.ts';
import { intakeOf, NO_CREDENTIALS, withDestination } from './compose.ts';
import { withLedger } from './ledger-access.ts';
import { repeatedFlags } from './next-step-facts.ts';
import { writeResult } from './output.ts';
import { loadSetting, type Setting } from './setting.ts';
import { withThrowawayDirectory } from './throwaway-directory.ts';
import { watchRun } from './watch-run.ts';

const SHOWN_EXAMPLES = 3;

/** What a run would do, found out on a copy of the ledger that is thrown away. */
export const check = defineCommand({
  flags: {},
  watchesSignal: true,

  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const { summary, exitCode } = await withThrowawayDirectory(async (directory) => {
      const copy = { ...setting, ledgerPath: join(directory, 'ledger.db') };
      await snapshotLedger(setting.ledgerPath, copy.ledgerPath);
      return checkOn(copy, flags, context);
    });
    const paint = paintFor(context.stdout);
    writeResult(context.stdout, flags, summary, () =>
      checkText(summary, { flags: repeatedFlags(flags), paint }),
    );
    return exitCode;
  },
});

async function checkOn(copy: Setting, flags: GlobalFlags, context: CommandContext) {
  const { config } = copy;
  const intake = await intakeOf(copy, flags, context);
  const watch = watchRun(flags, context);
  try {
    return await withLedger(copy, 'create', (ledger) =>
      withDestination(copy, NO_CREDENTIALS, (destination) =>
        checkPipeline({
          ...{ stream: config.stream, ledger, intake, destination },
          delivery: config.delivery,
          onConflict: config.ledger.onConflict,
          exampleCount: SHOWN_EXAMPLES,
          ...{ clock: context.clock, signal: context.signal, observer: watch.observer },
        }),
      ),
    );
  } finally {
    watch.end();
  }
}
