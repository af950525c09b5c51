import { join } from 'node:path';
import { snapshotLedger } from '../ledger/snapshot.ts';
import { checkPipeline } from '../pipeline/check.ts';
import type { CheckSummary, Closing } from '../pipeline/summary.ts';
import type { CommandContext, GlobalFlags } from './command.ts';
import { intakeOf, NO_CREDENTIALS, withDestination } from './compose.ts';
import { withLedger } from './ledger-access.ts';
import type { Setting } from './setting.ts';
import { withThrowawayDirectory } from './throwaway-directory.ts';
import { watchRun } from './watch-run.ts';

const SHOWN_EXAMPLES = 3;

/** What a run would do, found out on a copy of the ledger that is thrown away. Needs no credentials. */
export function dryRun(
  setting: Setting,
  flags: GlobalFlags,
  context: CommandContext,
): Promise<Closing<CheckSummary>> {
  return withThrowawayDirectory(async (directory) => {
    const copy = { ...setting, ledgerPath: join(directory, 'ledger.db') };
    await snapshotLedger(setting.ledgerPath, copy.ledgerPath);
    return checkOn(copy, flags, context);
  });
}

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
