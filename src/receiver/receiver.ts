/** The receiver as a whole: an HTTP server in front of an archive directory that it alone writes to. */
import type { Clock } from '../clock.ts';
import type { ArchiveOptions } from './archive.ts';
import { assertStrongToken, keptCallbackToken } from './callback-paths.ts';
import { openDeliveries } from './deliveries.ts';
import { createByteBudget } from './request-body.ts';
import {
  createHandler,
  type EventCredentials,
  type ReceiverCounts,
  type ReceiverTrouble,
} from './request-handler.ts';
import { createTraffic, type TrafficLimits } from './traffic.ts';

export interface ReceiverOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Absolute; created when missing. */
  readonly archiveDirectory: string;
  /** Null where message events are not taken. */
  readonly events: EventCredentials | null;
  /** All are taken; the first is the one to use. Empty: one is made, and kept in the archive directory. */
  readonly callbackTokens: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxConnections: number;
  readonly maxArchiveFileBytes: number;
  /** How many archived deliveries are kept in mind, to tell repeats. */
  readonly rememberedDeliveries: number;
  readonly clock: Clock;
  /** Called for every request that does not end well. */
  readonly onTrouble?: (trouble: ReceiverTrouble) => void;
  readonly limits?: Partial<typeof LIMITS>;
  readonly wrapFile?: ArchiveOptions['wrapFile'];
}

const LIMITS: Omit<TrafficLimits, 'maxConnections'> & {
  /** Bodies held at the same time. */
  readonly maxPendingBytes: number;
} = {
  maxHeaderBytes: 16_384,
  headersMs: 10_000,
  requestMs: 20_000,
  keepAliveMs: 60_000,
  checkMs: 1_000,
  endMs: 5_000,
  maxPendingBytes: 64_000_000,
};

export interface Receiver {
  readonly port: number;
  /** The one to use in callback URLs. */
  readonly callbackToken: string;
  counts(): ReceiverCounts;
  /** How many archived deliveries it has in mind. */
  remembered(): number;
  /** How often the disk was waited for; deliveries that arrive together share a wait. */
  groups(): number;
  /**
   * Stops accepting connections, lets requests in flight finish, and closes the archive. May be called twice.
   * @returns how many requests were cut off because they took too long; none of them was answered.
   */
  close(): Promise<{ readonly cutOff: number }>;
}

/**
 * @throws {UsageError} `PORT_IN_USE`, `CANNOT_LISTEN`, `ARCHIVE_UNUSABLE`, `WEAK_CALLBACK_TOKEN`.
 * @throws {LockedError} `ARCHIVE_LOCKED`.
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { maxPendingBytes, ...trafficLimits } = { ...LIMITS, ...options.limits };
  for (const token of options.callbackTokens) assertStrongToken(token);
  const deliveries = await openDeliveries({
    directory: options.archiveDirectory,
    maxFileBytes: options.maxArchiveFileBytes,
    remembered: options.rememberedDeliveries,
    clock: options.clock,
    ...(options.wrapFile === undefined ? {} : { wrapFile: options.wrapFile }),
  });
  try {
    const callbackTokens = await tokensOf(options);
    const handler = createHandler({
      deliveries,
      events: options.events,
      callbackTokens,
      maxBodyBytes: options.maxBodyBytes,
      budget: createByteBudget(maxPendingBytes),
      onTrouble: options.onTrouble ?? (() => {}),
    });
    const traffic = createTraffic(
      { ...trafficLimits, maxConnections: options.maxConnections },
      handler.handle,
    );
    const port = await traffic.listen(options.host, options.port);
    let closing: Promise<{ cutOff: number }> | null = null;
    return {
      port,
      callbackToken: callbackTokens[0],
      counts: handler.counts,
      remembered: deliveries.remembered,
      groups: deliveries.groups,
      close() {
        closing ??= traffic.end().then(async (cutOff) => {
          await deliveries.close();
          return { cutOff };
        });
        return closing;
      },
    };
  } catch (error) {
    await deliveries.close();
    throw error;
  }
}

async function tokensOf({
  callbackTokens: [first, ...others],
  archiveDirectory,
}: ReceiverOptions): Promise<readonly [string, ...string[]]> {
  return [first ?? (await keptCallbackToken(archiveDirectory)), ...others];
}
