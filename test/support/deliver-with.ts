import { systemClock } from '../../src/clock.ts';
import type { DeliveryConfig } from '../../src/config/delivery-schema.ts';
import { type DeliverOptions, type DeliveryResult, deliver } from '../../src/delivery/deliver.ts';
import type { Destination } from '../../src/destinations/destination.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';

/** Fast and patient: for tests that are not about waiting. */
export const quickConfig: DeliveryConfig = {
  maxBatchMessages: 10,
  maxBatchBytes: 1_000_000,
  requestsPerSecond: 50_000,
  burst: 1,
  concurrency: 4,
  timeoutMs: 1_000,
  maxAttempts: 4,
  retryBaseMs: 1,
  retryMaxMs: 4,
  maxOutageMs: 5_000,
  resendUnknown: true,
  maxFailures: null,
};

export function deliverWith(
  ledger: Ledger,
  destination: Destination,
  {
    config = {},
    ...options
  }: Partial<Omit<DeliverOptions, 'config'>> & { config?: Partial<DeliveryConfig> } = {},
): Promise<DeliveryResult> {
  return deliver({
    ledger,
    destination,
    config: { ...quickConfig, ...config },
    run: 1,
    clock: systemClock,
    random: Math.random,
    signal: new AbortController().signal,
    onlyQueued: false,
    limit: null,
    maxFailures: null,
    observer: {},
    ...options,
  });
}
