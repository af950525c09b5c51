import type { GlobalFlags } from './command.ts';
import { duration, type FlagValues, httpUrl, onOff, wholeNumber } from './flags.ts';

/** Flags of every command that delivers. */
export const deliveryFlags = {
  limit: wholeNumber({ describe: 'Deliver at most so many messages: a canary' }),
  'max-failures': wholeNumber({ describe: 'Stop once so many messages have newly failed' }),
  'max-duration': duration({ describe: 'Stop after so long, e.g. 30m' }),
};

/** Flags of every command that reads. */
export const readingFlags = {
  reread: onOff({ describe: 'Read files again that were fully staged before' }),
};

/** Flags of every command that sends to a real API. */
export const callbackFlags = {
  'callback-url': httpUrl({
    describe: 'Where the API reports what became of each message, instead of destination.callbackUrl',
  }),
};

/** With the callback URL among the overrides: all that follows from it is found in the configuration. */
export function withCallbackUrl<F extends GlobalFlags & FlagValues<typeof callbackFlags>>(flags: F): F {
  const { 'callback-url': url, set } = flags;
  return url === undefined
    ? flags
    : { ...flags, set: [...set, `destination.callbackUrl=${JSON.stringify(url)}`] };
}
