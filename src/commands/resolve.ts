import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { MessageState, RunId } from '../ledger/ledger.ts';
import { defineCommand } from './command.ts';
import { asOnlyWriter, ledgerOf, loadSetting } from './compose.ts';
import { choice, list, onOff, wholeNumber } from './flags.ts';
import { writeResult } from './output.ts';

/** The states on which a person may give a word; what the API has confirmed is not up for decision. */
const OPEN_TO_A_WORD: readonly MessageState[] = ['unknown', 'failed'];

export const resolve = defineCommand({
  flags: {
    as: choice({ describe: 'What became of them: accepted, failed, or resend to queue them again' }, [
      'accepted',
      'failed',
      'resend',
    ]),
    dismiss: onOff({ describe: 'Close open rejects: they are not going to be imported' }),
    id: list({ describe: 'Only this sourceUuid (for rejects also file:line); repeatable' }),
    customer: list({ describe: 'Only this customerUuid; repeatable' }),
    run: wholeNumber({ describe: 'Only what this run last attempted or read' }),
  },

  async run(flags, context) {
    if ((flags.as === undefined) === !flags.dismiss) {
      throw new UsageError('resolve needs either --as or --dismiss', {
        code: 'BAD_FLAG',
        fix: 'Say what became of the messages with --as accepted|failed|resend, or close rejects with --dismiss.',
      });
    }
    if (flags.dismiss && flags.customer.length > 0) {
      throw new UsageError('--customer does not go with --dismiss: a reject has no certain customer', {
        code: 'BAD_FLAG',
        fix: 'Name the rejects with --id or --run.',
      });
    }
    const setting = await loadSetting(flags, context);
    const result = await asOnlyWriter(setting, context, async () => {
      const ledger = await ledgerOf(setting, 'existing');
      try {
        const run = flags.run === undefined ? {} : { run: flags.run as RunId };
        if (flags.as === undefined) {
          const ids = flags.id.length === 0 ? {} : { ids: flags.id };
          return { dismissed: await ledger.dismissRejects({ ...ids, ...run }) };
        }
        const { requeued, payloadDropped } = await ledger.resolve(
          {
            states: OPEN_TO_A_WORD,
            ...(flags.id.length === 0 ? {} : { sourceUuids: flags.id }),
            ...(flags.customer.length === 0 ? {} : { customerUuids: flags.customer }),
            ...run,
          },
          flags.as,
        );
        return { resolved: requeued, as: flags.as, payloadDropped };
      } finally {
        await ledger.close();
      }
    });
    writeResult(context.stdout, flags, result, () => describe(result));
    return EXIT.done;
  },
});

type Result = { dismissed: number } | { resolved: number; as: string; payloadDropped: number };

function describe(result: Result): string {
  if ('dismissed' in result) return `${result.dismissed} rejects dismissed.`;
  const lines = [`${result.resolved} messages resolved as ${result.as}.`];
  if (result.payloadDropped > 0) {
    lines.push(
      `${result.payloadDropped} could not be queued: their payload is no longer kept (PAYLOAD_DROPPED).`,
      'Next: `backhaul run --reread` reads them again.',
    );
  } else if (result.as === 'resend' && result.resolved > 0) lines.push('Next: `backhaul run` sends them.');
  return lines.join('\n');
}
