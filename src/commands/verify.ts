import type { Ledger } from '../ledger/ledger.ts';
import { type VerifyObserver, verifyPipeline } from '../pipeline/verify.ts';
import { paintFor } from '../reporting/paint.ts';
import { positionText } from '../reporting/position-text.ts';
import { verifyText } from '../reporting/verify-text.ts';
import { type CommandContext, defineCommand } from './command.ts';
import { evidenceArchives } from './evidence-archives.ts';
import { duration, list } from './flags.ts';
import { asOnlyWriter, withLedger } from './ledger-access.ts';
import { nextStepFacts } from './next-step-facts.ts';
import { writeResult } from './output.ts';
import { loadSetting } from './setting.ts';

const DEFAULT_AGE_MS = 86_400_000;
const SHOWN_EXAMPLES = 5;

export const verify = defineCommand({
  flags: {
    archive: list({
      describe: 'Archives of `listen`, or their directory, instead of receiver.archive; a glob; repeatable',
    }),
    'older-than': duration(
      {
        describe: 'List accepted messages of which nothing was heard for so long (default: 24h)',
      },
      0,
    ),
  },
  watchesSignal: true,

  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const archives = await evidenceArchives(setting, flags.archive, context);
    const { summary, exitCode, codes } = await asOnlyWriter(setting, () =>
      withLedger(setting, 'existing', async (ledger: Ledger) => {
        const closing = await verifyPipeline({
          ...{ stream: setting.config.stream, ledger, archives },
          olderThanMs: flags['older-than'] ?? DEFAULT_AGE_MS,
          exampleCount: SHOWN_EXAMPLES,
          ...{ clock: context.clock, signal: context.signal, observer: observe(context) },
        });
        return { ...closing, codes: await ledger.codes(SHOWN_EXAMPLES) };
      }),
    );
    writeResult(context.stdout, flags, summary, () =>
      verifyText(summary, {
        codes: codes.filter(({ state }) => state === 'failed' || state === 'unknown'),
        next: nextStepFacts(setting, flags),
        paint: paintFor(context.stdout),
      }),
    );
    return exitCode;
  },
});

function observe({ log }: CommandContext): VerifyObserver {
  return {
    onInterrupted(messages) {
      log.warn(
        { code: 'INTERRUPTED', messages },
        'an earlier run ended while these were being sent; their fate is unknown',
      );
    },
    onDamage(damage) {
      log.error(
        { at: positionText(damage), err: damage },
        'damaged archive: the deliveries before the damage count',
      );
    },
  };
}
