import type { Ledger, MessageFilter, MessageState, RunId } from '../ledger/ledger.ts';
import { type CommandContext, defineCommand } from './command.ts';
import { credentialsOf } from './compose.ts';
import { execute } from './execute-run.ts';
import { list, onOff, wholeNumber } from './flags.ts';
import { callbackFlags, deliveryFlags, withCallbackUrl } from './run-flags.ts';
import { loadSetting } from './setting.ts';

export const retry = defineCommand({
  flags: {
    unknown: onOff({ describe: 'Failed messages and those whose fate is unknown' }),
    missing: onOff({ describe: 'Messages that a read-back did not find, instead of failed ones' }),
    code: list({ describe: 'Only messages with this code; repeatable' }),
    customer: list({ describe: 'Only this customerUuid; repeatable' }),
    run: wholeNumber({ describe: 'Only messages that this run last attempted' }),
    ...deliveryFlags,
    ...callbackFlags,
  },
  watchesSignal: true,

  async run(flags, context) {
    const setting = await loadSetting(withCallbackUrl(flags), context);
    const credentials = await credentialsOf(setting, context);
    const filter: MessageFilter = {
      states: statesOf(flags),
      ...(flags.code.length === 0 ? {} : { codes: flags.code }),
      ...(flags.customer.length === 0 ? {} : { customerUuids: flags.customer }),
      ...(flags.run === undefined ? {} : { run: flags.run as RunId }),
      ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    };
    const queue = (ledger: Ledger, run: RunId) => requeue(ledger, run, filter, context);
    return execute({ command: 'retry', setting, credentials, reading: null, queue }, flags, context);
  },
});

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
