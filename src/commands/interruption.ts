import { EXIT, type ExitCode } from '../exit-codes.ts';

const EXIT_OF_SIGNAL = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;
export type StopSignal = keyof typeof EXIT_OF_SIGNAL;

/** @param signal as aborted by {@link interruption}. */
export function exitCodeOfSignal({ reason }: AbortSignal): ExitCode {
  return EXIT_OF_SIGNAL[reason as StopSignal];
}

const STOP_SIGNALS = Object.keys(EXIT_OF_SIGNAL) as StopSignal[];

/**
 * Turns the first Ctrl-C (SIGINT) or SIGTERM into an aborted signal whose reason is the signal's name, for an orderly
 * end. The second one leaves at once: the ledger is right at any moment. So does the first, when not `orderly`.
 */
export function interruption(
  process: NodeJS.Process,
  { orderly }: { orderly: boolean },
): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  if (!orderly) return { signal: controller.signal, release: () => {} };
  const onSignal = (name: StopSignal) => {
    if (controller.signal.aborted) process.exit(EXIT_OF_SIGNAL[name]);
    controller.abort(name);
  };
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of STOP_SIGNALS) process.off(name, onSignal);
    },
  };
}
