import { isLive } from '../config/live.ts';
import { UsageError } from '../errors.ts';
import type { Ledger, MessageFilter, MessageState, RunId } from '../ledger/ledger.ts';
import { type CommandContext, defineCommand } from './command.ts';
import { credentialsOf } from './compose.ts';
import { execute } from './execute-run.ts';
import { list, onOff, wholeNumber } from './flags.ts';
import { createLiveGate, liveFlags } from './live-gate.ts';
import { callbackFlags, deliveryFlags, withCallbackUrl } from './run-flags.ts';
import { loadSetting, type Setting } from './setting.ts';

export const retry = defineCommand({
  flags: {
    unknown: onOff({ describe: 'Failed messages and those whose fate is unknown' }),
    missing: onOff({ describe: 'Messages that a read-back did not find, instead of failed ones' }),
    code: list({ describe: 'Only messages with this code; repeatable' }),
    customer: list({ describe: 'Only this customerUuid; repeatable' }),
    run: wholeNumber({ describe: 'Only messages that this run last attempted' }),
    ...deliveryFlags,
    ...callbackFlags,
    ...liveFlags,
  },
  watchesSignal: true,

  async run(flags, context) {
    const setting = await loadSetting(withCallbackUrl(flags), context);
    if (flags.unknown || flags.missing) refuseForLive(setting);
    const gate = await createLiveGate('retry', setting, flags, context);
    const credentials = await credentialsOf(setting, context);
    const filter: MessageFilter = {
      states: statesOf(flags),
      ...(flags.code.length === 0 ? {} : { codes: flags.code }),
      ...(flags.customer.length === 0 ? {} : { customerUuids: flags.customer }),
      ...(flags.run === undefined ? {} : { run: flags.run as RunId }),
      ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    };
    const queue = (ledger: Ledger, run: RunId) => requeue(ledger, run, filter, context);
    return execute({ command: 'retry', setting, credentials, gate, reading: null, queue }, flags, context);
  },
});

/** @throws {UsageError} `LIVE_RESEND` where somebody may have got these messages already. */
function refuseForLive({ config: { destination } }: Setting): void {
  if (!isLive(destination)) return;
  throw new UsageError(
    `${destination.type} is a live destination: what it may have sent is not sent again by a mere retry`,
    {
      code: 'LIVE_RESEND',
      fix: 'Find out what became of them, one by one; then say so with `backhaul resolve --as accepted|failed|resend`.',
    },
  );
}

function statesOf({ unknown, missing }: { unknown: boolean; missing: boolean }): readonly MessageState[] {
  if (!unknown && !missing) return ['failed'];
  return [...(unknown ? (['failed', 'unknown'] as const) : []), ...(missing ? (['missing'] as const) : [])];
}

async function requeue(
  ledger: Ledger,
  run: RunId,
  filter: MessageFilter,
  { log }: CommandContext,
): Promise<void> {
  const { requeued, payloadDropped } = await ledger.requeue(filter, run);
  log.info({ messages: requeued }, 'queued again');
  if (payloadDropped > 0) {
    log.warn(
      { code: 'PAYLOAD_DROPPED', messages: payloadDropped },
      'some messages cannot be queued: their payload is no longer kept; `backhaul run --reread` restores it',
    );
  }
}
