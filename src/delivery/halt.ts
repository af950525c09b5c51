/** Why a delivery ends before its plan does, and the signal that makes every wait end at once. */
import { setMaxListeners } from 'node:events';

/**
 * - `limit`: as many messages as asked for were dealt with; whether more are due is not known.
 * - `max-failures`: so many messages newly failed.
 * - `max-duration`: the caller's time is up.
 * - `interrupted`: Ctrl-C, SIGTERM.
 * - `credentials-refused`: the API refuses the credentials.
 * - `balance`: the account has no balance left to send with.
 * - `request-refused`: the API refuses every request (redirect, wrong method or type, no trusted TLS).
 * - `wrong-base-url`: customer after customer does not exist; the base URL looks wrong.
 * - `outage`: no success for longer than `maxOutageMs`, or the API asked to be left alone for longer.
 * - `attempts-exhausted`: a batch was refused `maxAttempts` times.
 * - `department-parked`: everything else is done, but some departments are not allowed.
 */
export type StopReason =
  | 'limit'
  | 'max-failures'
  | 'max-duration'
  | 'interrupted'
  | 'credentials-refused'
  | 'balance'
  | 'request-refused'
  | 'wrong-base-url'
  | 'outage'
  | 'attempts-exhausted'
  | 'department-parked';

/** The first cause wins. Once stopped, nothing new is claimed; requests in flight settle. */
export interface Halt {
  readonly signal: AbortSignal;
  readonly stopped: boolean;
  readonly reason: StopReason | null;
  /** For people; null where the reason says it all. */
  readonly detail: string | null;
  stop(reason: StopReason, detail?: string): void;
  /** Stops because of an error, which {@link rethrow} throws once everything has come to rest. */
  fail(error: unknown): void;
  rethrow(): void;
  /** Lets go of the caller's signal. */
  release(): void;
}

/** `signal` stops the delivery: as `max-duration` if that is its reason, else as `interrupted`. */
export function createHalt(signal: AbortSignal): Halt {
  const controller = new AbortController();
  // Every waiting worker listens; that is no leak.
  setMaxListeners(0, controller.signal);
  let reason: StopReason | null = null;
  let detail: string | null = null;
  let failure: { readonly error: unknown } | null = null;

  const stop = (why: StopReason, words?: string) => {
    if (controller.signal.aborted) return;
    reason = why;
    detail = words ?? null;
    controller.abort();
  };
  const onAbort = () => stop(signal.reason === 'max-duration' ? 'max-duration' : 'interrupted');
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });

  return {
    signal: controller.signal,
    get stopped() {
      return controller.signal.aborted;
    },
    get reason() {
      return reason;
    },
    get detail() {
      return detail;
    },
    stop,
    fail(error) {
      failure ??= { error };
      controller.abort();
    },
    rethrow() {
      if (failure !== null) throw failure.error;
    },
    release: () => signal.removeEventListener('abort', onAbort),
  };
}
