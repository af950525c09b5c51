import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { Ledger, MessageFilter, RunId, Verdict } from '../ledger/ledger.ts';
import { plural } from '../reporting/counts.ts';
import { defineCommand } from './command.ts';
import { choice, list, onOff, wholeNumber } from './flags.ts';
import { asOnlyWriter, withLedger } from './ledger-access.ts';
import { writeResult } from './output.ts';
import { loadSetting } from './setting.ts';

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
    const run = flags.run === undefined ? {} : { run: flags.run as RunId };
    const filter = {
      ...(flags.id.length === 0 ? {} : { sourceUuids: flags.id }),
      ...(flags.customer.length === 0 ? {} : { customerUuids: flags.customer }),
      ...run,
    };
    const { as } = flags;
    const result = await asOnlyWriter(setting, () =>
      withLedger(setting, 'existing', async (ledger) =>
        as === undefined
          ? {
              dismissed: await ledger.dismissRejects(flags.id.length === 0 ? run : { ids: flags.id, ...run }),
            }
          : resolveMessages(ledger, filter, as),
      ),
    );
    writeResult(context.stdout, flags, result, () => describe(result));
    return EXIT.done;
  },
});

interface Resolved {
  readonly resolved: number;
  readonly as: Verdict;
  /** What they were before. */
  readonly from: { readonly failed: number; readonly unknown: number };
  readonly payloadDropped: number;
}

/** Failed messages first: a verdict may turn unknown ones into failed ones, which it must not meet again. */
async function resolveMessages(ledger: Ledger, filter: MessageFilter, as: Verdict): Promise<Resolved> {
  const nothing = { requeued: 0, payloadDropped: 0 };
  const failed = as === 'failed' ? nothing : await ledger.resolve({ ...filter, states: ['failed'] }, as);
  const unknown = await ledger.resolve({ ...filter, states: ['unknown'] }, as);
  return {
    resolved: failed.requeued + unknown.requeued,
    as,
    from: { failed: failed.requeued, unknown: unknown.requeued },
    payloadDropped: failed.payloadDropped + unknown.payloadDropped,
  };
}

function describe(result: Resolved | { readonly dismissed: number }): string {
  if ('dismissed' in result) return `${plural(result.dismissed, 'reject')} dismissed.`;
  const { resolved, as, from, payloadDropped } = result;
  const origins = Object.entries(from).filter(([, count]) => count > 0);
  const before = origins.map(([state, count]) => `${count} ${state}`).join(', ');
  const verdict = as === 'resend' ? 'queued to be sent again' : `resolved as ${as}`;
  const lines = [`${plural(resolved, 'message')} ${verdict}${before === '' ? '' : ` (${before})`}.`];
  if (payloadDropped > 0) {
    lines.push(
      `${plural(payloadDropped, 'message')} could not be queued: the payload is no longer kept (PAYLOAD_DROPPED).`,
      'Next: `backhaul run --reread` reads them again.',
    );
  } else if (as === 'resend' && resolved > 0) lines.push('Next: `backhaul run` sends them.');
  return lines.join('\n');
}
