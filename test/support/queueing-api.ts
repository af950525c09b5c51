/**
 * An API in simulated time that works on so many requests at once and lets the others queue: what it does, and when it is
 * struggling, is known exactly. How it is can be changed at any time.
 */
import type { Clock } from '../../src/clock.ts';
import type { Batch, SendResult } from '../../src/destinations/destination.ts';
import { accept, type ScriptedDestination, scriptedDestination, timedOut } from './scripted-destination.ts';

export interface QueueingApi {
  readonly destination: ScriptedDestination;
  /** Most requests worked on at once; the others wait for their turn. */
  capacity: number;
  /** How long the work on a batch takes. */
  serviceMs: (batch: Batch) => number;
  /** What is said at once instead of working on a request; null to work on it. */
  refusal: (batch: Batch, open: number) => SendResult | null;
  /** The client gives up after so long; what it asked for is done all the same. */
  timeoutMs: number;
  /** When requests began, in milliseconds since the clock's beginning. */
  readonly startsMs: readonly number[];
  /** When requests were accepted. */
  readonly acceptsMs: readonly number[];
  /** How often each message was taken, by sourceUuid. */
  readonly taken: ReadonlyMap<string, number>;
  /** Most requests open at once, refused ones included, since `sinceMs`. */
  mostOpen(sinceMs: number, untilMs?: number): number;
}

export function queueingApi(
  clock: Clock,
  { capacity, serviceMs }: { capacity: number; serviceMs: number },
): QueueingApi {
  const beginMs = clock.monotonicMs();
  const nowMs = () => clock.monotonicMs() - beginMs;
  const startsMs: number[] = [];
  const acceptsMs: number[] = [];
  const taken = new Map<string, number>();
  const opens: { readonly atMs: number; readonly open: number }[] = [];
  const queue: (() => void)[] = [];
  let open = 0;
  let busy = 0;

  const takeUp = () => {
    while (queue.length > 0 && busy < api.capacity) {
      busy++;
      queue.shift()?.();
    }
  };
  const serve = async (batch: Batch): Promise<SendResult> => {
    await new Promise<void>((resolve) => {
      queue.push(resolve);
      takeUp();
    });
    await clock.sleep(api.serviceMs(batch));
    busy--;
    takeUp();
    for (const { sourceUuid } of batch.messages) taken.set(sourceUuid, (taken.get(sourceUuid) ?? 0) + 1);
    return accept(batch);
  };

  const api: QueueingApi = {
    destination: scriptedDestination(async (batch) => {
      startsMs.push(nowMs());
      open++;
      opens.push({ atMs: nowMs(), open });
      try {
        const refusal = api.refusal(batch, open);
        if (refusal !== null) {
          await clock.sleep(5);
          return refusal;
        }
        const givenUp = new AbortController();
        const result = await Promise.race([
          serve(batch),
          clock.sleep(api.timeoutMs, givenUp.signal).then(() => timedOut),
        ]);
        givenUp.abort();
        if (result.kind === 'answered') acceptsMs.push(nowMs());
        return result;
      } finally {
        open--;
      }
    }),
    capacity,
    serviceMs: () => serviceMs,
    refusal: () => null,
    timeoutMs: 3_600_000,
    startsMs,
    acceptsMs,
    taken,
    mostOpen: (sinceMs, untilMs = Number.POSITIVE_INFINITY) =>
      Math.max(0, ...opens.filter(({ atMs }) => atMs >= sinceMs && atMs <= untilMs).map((seen) => seen.open)),
  };
  return api;
}
