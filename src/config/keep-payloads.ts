import type { Config } from './schema.ts';

/**
 * How long payloads are kept where the configuration does not say: where callbacks may yet report that an accepted message
 * could not be stored, so long that it can be sent again.
 */
export function keepPayloadsOf({
  destination,
  ledger,
}: Pick<Config, 'destination' | 'ledger'>): NonNullable<Config['ledger']['keepPayloads']> {
  const hasCallbacks = 'callbackUrl' in destination && destination.callbackUrl !== undefined;
  return ledger.keepPayloads ?? (hasCallbacks ? 'until-stored' : 'until-accepted');
}
