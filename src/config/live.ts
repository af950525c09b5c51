/** What the configuration says of destinations whose messages reach people at once. */
import { UsageError } from '../errors.ts';
import type { DestinationConfig } from './destination-schema.ts';
import type { Config } from './schema.ts';

export type LiveDestination = Extract<DestinationConfig, { readonly live: boolean }>;

export function isLive(destination: DestinationConfig): destination is LiveDestination {
  return 'live' in destination;
}

/**
 * Refuses what could let a person get a message twice.
 *
 * @throws {UsageError} `LIVE_RESEND`, `LIVE_REPLACE`
 */
export function assertAtMostOnce({ destination, delivery, ledger }: Config): void {
  if (!isLive(destination)) return;
  if (delivery.resendUnknown === true) {
    throw new UsageError(
      `delivery.resendUnknown is true, but ${destination.type} is a live destination: somebody would get the message twice`,
      {
        code: 'LIVE_RESEND',
        fix: 'Take it out. What became of unknown messages a person decides, with `backhaul resolve`.',
      },
    );
  }
  if (ledger.onConflict === 'replace') {
    throw new UsageError(
      `ledger.onConflict is replace, but ${destination.type} is a live destination: a message that was sent would be sent again with other words`,
      {
        code: 'LIVE_REPLACE',
        fix: 'Use reject or keep-first, and give a message with other words an identity of its own.',
      },
    );
  }
}
