/** What delivery tells whoever watches: a progress bar, a log. Called synchronously; must not throw. */
export interface DeliveryObserver {
  onPlan?(plan: { readonly messages: number; readonly conversations: number }): void;
  /** After every request. `result` is `answered` or the refusal's code. */
  onAttempt?(attempt: {
    readonly status: number | null;
    readonly result: string;
    readonly messages: number;
    /** 1 for a first attempt. */
    readonly number: number;
    readonly durationMs: number;
    /** Identifiers in the answer that were never sent. */
    readonly strangers: number;
  }): void;
  /** Messages whose fate in this delivery is decided, since the last call. */
  onSettled?(settled: { readonly accepted: number; readonly failed: number; readonly unknown: number }): void;
  /** Everything waits: the API asked for it, or it fails again and again. */
  onPause?(pause: { readonly reason: 'retry-after' | 'failures'; readonly delayMs: number }): void;
  /** A department's remaining messages are left pending. */
  onPark?(departmentUuid: string): void;
}
