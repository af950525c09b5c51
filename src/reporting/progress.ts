/**
 * How far a run is. On a terminal one line that is drawn again and again, below the log lines; otherwise a log line
 * every few seconds and at the end of each phase. Never draws on anything but a terminal, and never keeps the process
 * alive.
 */
import { MultiBar } from 'cli-progress';
import type { Clock } from '../clock.ts';
import type { Log } from './log.ts';
import { type ProgressNow, progressLine, progressWords } from './progress-text.ts';
import { createRateMeter, type RateMeter } from './rate.ts';
import { screenOf } from './screen.ts';

const LOG_EVERY_MS = 5_000;
const DRAWN_PER_SECOND = 8;
const WRAP_ON = '\x1b[?7h';
const WRAP_OFF = '\x1b[?7l';

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  /** False with `--quiet` and `--no-progress`: then nothing is drawn or logged. */
  readonly enabled: boolean;
  readonly log: Pick<Log, 'info'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/**
 * Told what is so by now, as often as convenient: cheap enough to be told of every batch. A phase begins with its first
 * call, and ends with the other's or with `stop`.
 */
export interface Progress {
  staging(now: { bytes: number; totalBytes: number | null; records: number; rejected: number }): void;
  /** All counts are of this run's delivery; `messages` are those settled, whatever came of them. */
  delivering(now: { messages: number; totalMessages: number; failed: number; unknown: number }): void;
  /** Ends the phase and leaves the terminal as it was. May be called twice. */
  stop(): void;
}

/** Where progress is shown; told of every change. */
interface Display {
  show(now: ProgressNow): void;
  /** The last word on a phase. */
  close(): void;
}

export function createProgress({ stream, enabled, log, clock }: ProgressOptions): Progress {
  let phase: ProgressNow['phase'] | null = null;
  let rate: RateMeter = createRateMeter(clock);
  let display: Display | null = null;

  function enter(next: ProgressNow['phase']): void {
    if (phase === next) return;
    stop();
    phase = next;
    rate = createRateMeter(clock);
    if (enabled) display = stream.isTTY === true ? drawOn(stream) : writeTo(log, clock);
  }

  function stop(): void {
    display?.close();
    display = null;
    phase = null;
  }

  return {
    staging(now) {
      enter('staging');
      rate.update(now.bytes);
      const leftMs = now.totalBytes === null ? null : rate.leftMs(now.totalBytes);
      display?.show({ phase: 'staging', ...now, perSecond: rate.perSecond(), leftMs });
    },
    delivering(now) {
      enter('delivering');
      rate.update(now.messages);
      const leftMs = rate.leftMs(now.totalMessages);
      display?.show({ phase: 'delivering', ...now, perSecond: rate.perSecond(), leftMs });
    },
    stop,
  };
}

function writeTo(log: Pick<Log, 'info'>, clock: Pick<Clock, 'monotonicMs'>): Display {
  let latest: ProgressNow | null = null;
  let loggedAtMs = clock.monotonicMs();
  const write = (now: ProgressNow) => {
    const { leftMs, perSecond, ...fields } = now;
    log.info({ ...fields, perSecond: Math.round(perSecond * 10) / 10 }, progressWords(now));
    loggedAtMs = clock.monotonicMs();
    latest = null;
  };
  return {
    show(now) {
      latest = now;
      if (clock.monotonicMs() - loggedAtMs >= LOG_EVERY_MS) write(now);
    },
    close() {
      if (latest !== null) write(latest);
    },
  };
}

function drawOn(stream: NodeJS.WriteStream): Display {
  const screen = screenOf(stream);
  const bars = new MultiBar({
    stream,
    fps: DRAWN_PER_SECOND,
    clearOnComplete: true,
    format: (_options, params, payload) =>
      payload.now === undefined ? '' : progressLine(payload.now as ProgressNow, columnsOf(params)),
  });
  // The library's timer would keep the process alive, and is made anew with each drawing.
  const letGo = () => (bars as unknown as { timer: NodeJS.Timeout | null }).timer?.unref();
  bars.on('start', letGo);
  bars.on('update-post', letGo);
  const bar = bars.create(1, 0, {});

  screen.setBottom((lines) => {
    // While a bar is drawn, line wrapping is off; log lines are not to be cut.
    bars.log(`${WRAP_ON}${lines}${WRAP_OFF}`);
    bars.update();
  });
  const close = () => {
    process.off('exit', close);
    screen.setBottom(null);
    bars.stop();
  };
  // Line wrapping is off while a bar is drawn; the shell must not inherit that.
  process.on('exit', close);
  return { show: (now) => bar.update(0, { now }), close };
}

function columnsOf(params: object): number {
  return ((params as { maxWidth?: number }).maxWidth ?? 80) - 1;
}
