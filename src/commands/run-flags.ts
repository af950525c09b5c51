import { duration, onOff, wholeNumber } from './flags.ts';

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
