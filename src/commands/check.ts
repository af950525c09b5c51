import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOccurrenceCounter } from '../ledger/occurrence-counter.ts';
import { snapshotLedger } from '../ledger/snapshot.ts';
import { checkPipeline } from '../pipeline/check.ts';
import { checkText } from '../reporting/check-text.ts';
import { paintFor } from '../reporting/paint.ts';
import { defineCommand } from './command.ts';
import {
  destinationOf,
  ledgerOf,
  loadSetting,
  mappingOf,
  NO_CREDENTIALS,
  sourceFingerprintOf,
  sourceOf,
} from './compose.ts';
import { repeatedFlags } from './next-step-facts.ts';
import { writeResult } from './output.ts';
import { watchRun } from './watch-run.ts';

const SHOWN_EXAMPLES = 3;

/** What a run would do, found out on a copy of the ledger that is thrown away. */
export const check = defineCommand({
  flags: {},
  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const source = sourceOf(setting, flags, context);
    const mapping = await mappingOf(setting, context);
    const directory = await mkdtemp(join(tmpdir(), 'backhaul-check-'));
    const copy = { ...setting, ledgerPath: join(directory, 'ledger.db') };
    const watch = watchRun(flags, context);
    try {
      await snapshotLedger(setting.ledgerPath, copy.ledgerPath);
      const ledger = await ledgerOf(copy, 'create');
      const occurrences = createOccurrenceCounter();
      const destination = destinationOf(setting, NO_CREDENTIALS);
      try {
        const { summary, exitCode } = await checkPipeline({
          stream: setting.config.stream,
          ledger,
          intake: { source, mapping, sourceFingerprint: sourceFingerprintOf(setting), occurrences },
          onConflict: setting.config.ledger.onConflict,
          destination,
          delivery: setting.config.delivery,
          exampleCount: SHOWN_EXAMPLES,
          clock: context.clock,
          signal: context.signal,
          observer: watch.observer,
        });
        watch.end();
        const paint = paintFor(context.stdout);
        writeResult(context.stdout, flags, summary, () =>
          checkText(summary, { flags: repeatedFlags(flags), paint }),
        );
        return exitCode;
      } finally {
        occurrences.close();
        await destination.close();
        await ledger.close();
      }
    } finally {
      watch.end();
      await rm(directory, { recursive: true, force: true });
    }
  },
});
