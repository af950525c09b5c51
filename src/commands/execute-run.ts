/** What `run`, `retry` and `rehearse` have in common: open the parts, run the pipeline, show how it ended. */
import type { ExitCode } from '../exit-codes.ts';
import type { Ledger, RunId } from '../ledger/ledger.ts';
import { createOccurrenceCounter } from '../ledger/occurrence-counter.ts';
import { type Intake, runPipeline } from '../pipeline/run.ts';
import { paintFor } from '../reporting/paint.ts';
import { summaryText } from '../reporting/summary-text.ts';
import type { CommandContext, GlobalFlags } from './command.ts';
import {
  asOnlyWriter,
  type Credentials,
  destinationOf,
  ledgerOf,
  mappingOf,
  type Setting,
  sourceFingerprintOf,
  sourceOf,
} from './compose.ts';
import type { FlagValues } from './flags.ts';
import { nextStepFacts } from './next-step-facts.ts';
import { writeResult } from './output.ts';
import type { deliveryFlags } from './run-flags.ts';
import { watchRun } from './watch-run.ts';

/** How many positions are shown beside each kind of problem. */
const SHOWN_EXAMPLES = 3;

export interface Execution {
  readonly command: 'run' | 'retry' | 'rehearse';
  readonly setting: Setting;
  readonly credentials: Credentials;
  /** Null when no source is read. */
  readonly reading: { readonly reread: boolean } | null;
  /** What a person queues before anything is delivered; only that is delivered then. */
  readonly queue?: (ledger: Ledger, run: RunId) => Promise<void>;
}

export type ExecutionFlags = FlagValues<typeof deliveryFlags> & GlobalFlags;

export function execute(
  execution: Execution,
  flags: ExecutionFlags,
  context: CommandContext,
): Promise<ExitCode> {
  return asOnlyWriter(execution.setting, context, async () => {
    const { setting, reading } = execution;
    // Whatever can be wrong with the configuration and its files is found before the ledger is touched.
    const intake = reading === null ? null : await openIntake(setting, reading.reread, flags, context);
    const ledger = await ledgerOf(setting, reading === null ? 'existing' : 'create');
    const destination = destinationOf(setting, execution.credentials);
    try {
      return await runAndReport(execution, { intake, ledger, destination }, flags, context);
    } finally {
      intake?.occurrences.close();
      await destination.close();
      await ledger.close();
    }
  });
}

async function openIntake(
  setting: Setting,
  reread: boolean,
  flags: GlobalFlags,
  context: CommandContext,
): Promise<Intake> {
  return {
    source: sourceOf(setting, flags, context),
    mapping: await mappingOf(setting, context),
    sourceFingerprint: sourceFingerprintOf(setting),
    occurrences: createOccurrenceCounter(),
    reread,
  };
}

async function runAndReport(
  { command, setting, queue }: Execution,
  parts: { intake: Intake | null; ledger: Ledger; destination: ReturnType<typeof destinationOf> },
  flags: ExecutionFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { config } = setting;
  const { ledger } = parts;
  const watch = watchRun(flags, context);
  try {
    const { summary, exitCode } = await runPipeline({
      command,
      stream: config.stream,
      ...parts,
      onConflict: config.ledger.onConflict,
      delivery: config.delivery,
      ...(queue === undefined ? {} : { prepare: (run) => queue(ledger, run), onlyQueued: true }),
      limit: flags.limit ?? null,
      maxFailures: flags['max-failures'] ?? config.delivery.maxFailures,
      maxDurationMs: flags['max-duration'] ?? null,
      clock: context.clock,
      random: context.random,
      signal: context.signal,
      observer: watch.observer,
    });
    watch.end();
    const codes = await ledger.codes(SHOWN_EXAMPLES);
    const openRejects = await ledger.openRejects();
    const next = command === 'rehearse' ? null : nextStepFacts(setting, flags);
    const paint = paintFor(context.stdout);
    writeResult(context.stdout, flags, summary, () =>
      summaryText(summary, { codes, openRejects, next, paint }),
    );
    return exitCode;
  } finally {
    watch.end();
  }
}
