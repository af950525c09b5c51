/** What `run`, `retry` and `rehearse` have in common: open the parts, run the pipeline, show how it ended. */
import type { HttpDestination } from '../destinations/destination.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Ledger, RunId } from '../ledger/ledger.ts';
import { runPipeline } from '../pipeline/run.ts';
import type { Intake } from '../pipeline/stage.ts';
import { paintFor } from '../reporting/paint.ts';
import { summaryText } from '../reporting/summary-text.ts';
import type { CommandContext, GlobalFlags } from './command.ts';
import { type Credentials, intakeOf, withDestination } from './compose.ts';
import type { FlagValues } from './flags.ts';
import { asOnlyWriter, withLedger } from './ledger-access.ts';
import type { LiveGate } from './live-gate.ts';
import { nextStepFacts } from './next-step-facts.ts';
import { writeResult } from './output.ts';
import { routeOf } from './route.ts';
import type { deliveryFlags } from './run-flags.ts';
import type { Setting } from './setting.ts';
import { type RunWatch, watchRun } from './watch-run.ts';

/** How many positions are shown beside each kind of problem. */
const SHOWN_EXAMPLES = 3;

export interface Execution {
  readonly command: 'run' | 'retry' | 'rehearse';
  readonly setting: Setting;
  readonly credentials: Credentials;
  /** What a live destination asks for; null for all others. */
  readonly gate: LiveGate | null;
  /** Null when no source is read. */
  readonly reading: { readonly reread: boolean } | null;
  /** What a person queues before anything is delivered; only that is delivered then. */
  readonly queue?: (ledger: Ledger, run: RunId) => Promise<void>;
}

export type ExecutionFlags = FlagValues<typeof deliveryFlags> & GlobalFlags;

export async function execute(
  execution: Execution,
  flags: ExecutionFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { command, setting, credentials, gate, reading } = execution;
  const { summary, exitCode, codes, openRejects } = await asOnlyWriter(setting, async () => {
    // Whatever can be wrong with the configuration and its files is found before the ledger is touched.
    const intake = reading && { ...(await intakeOf(setting, flags, context)), ...reading };
    const route = await routeOf(setting, context);
    return withLedger(setting, intake === null ? 'existing' : 'create', async (ledger) => {
      await gate?.admit(ledger);
      return withDestination(
        setting,
        credentials,
        (destination) => runWatched(execution, { intake, ledger, destination }, flags, context),
        route,
      );
    });
  });
  const next = command === 'rehearse' ? null : nextStepFacts(setting, flags);
  const paint = paintFor(context.stdout);
  writeResult(context.stdout, flags, summary, () =>
    summaryText(summary, { codes, openRejects, next, paint }),
  );
  return exitCode;
}

interface Parts {
  readonly intake: Intake | null;
  readonly ledger: Ledger;
  readonly destination: HttpDestination;
}

async function runWatched(
  { command, setting: { config }, gate, queue }: Execution,
  parts: Parts,
  flags: ExecutionFlags,
  context: CommandContext,
) {
  const { ledger } = parts;
  const watch = watchRun(flags, context);
  try {
    const closing = await runPipeline({
      command,
      stream: config.stream,
      ...parts,
      onConflict: config.ledger.onConflict,
      delivery: config.delivery,
      ...(queue === undefined ? {} : { prepare: (run) => queue(ledger, run), onlyQueued: true }),
      ...(gate === null ? {} : { approve: (plan) => whileQuiet(watch, () => gate.approve(plan)) }),
      limit: flags.limit ?? null,
      maxFailures: flags['max-failures'] ?? config.delivery.maxFailures,
      maxDurationMs: flags['max-duration'] ?? null,
      clock: context.clock,
      random: context.random,
      signal: context.signal,
      observer: watch.observer,
    });
    const openRejects = await ledger.openRejects();
    return { ...closing, codes: await ledger.codes(SHOWN_EXAMPLES), openRejects };
  } finally {
    watch.end();
  }
}

/** A question stands on the terminal alone. */
function whileQuiet<T>(watch: RunWatch, ask: () => Promise<T>): Promise<T> {
  watch.end();
  return ask();
}
