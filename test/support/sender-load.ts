/** A sender with many connections at once, that remembers what it was answered. */
import { Pool } from 'undici';
import { eventBody, eventHeaders } from './receiver.ts';

/** Message events of about 3 KB each, as large as the one in the message-event reference. */
export function realisticEvents(count: number, label = 'event'): string[] {
  return Array.from({ length: count }, (_, number) => {
    const messageExtnDTO = { messageBody: 'Lorem ipsum. '.repeat(200) };
    return eventBody(`${label}-${number}`, { messageDTO: { uuid: `${label}-${number}`, messageExtnDTO } });
  });
}

export interface Load {
  /** The bodies that were answered 2xx. */
  readonly answered: ReadonlySet<string>;
  readonly durationMs: number;
  readonly slowestAnswerMs: number;
}

export interface LoadOptions {
  readonly connections: number;
  /** Called after each answer with the number of answers so far. */
  readonly onAnswer?: (answers: number) => void;
}

/** Sends each body once; ends early when the receiver is gone. */
export async function sendEvents(
  url: string,
  bodies: readonly string[],
  { connections, onAnswer }: LoadOptions,
): Promise<Load> {
  const pool = new Pool(url, { connections, headersTimeout: 10_000 });
  const waiting = bodies.values();
  const answered = new Set<string>();
  let isGone = false;
  let slowestAnswerMs = 0;

  async function deliver(body: string): Promise<void> {
    const sentMs = performance.now();
    const headers = eventHeaders(body);
    const { statusCode, body: answer } = await pool.request({
      path: '/events/mykaarma',
      method: 'POST',
      headers,
      body,
    });
    if (statusCode === 200) answered.add(body);
    await answer.dump();
    slowestAnswerMs = Math.max(slowestAnswerMs, performance.now() - sentMs);
    onAnswer?.(answered.size);
  }

  async function sendOneAfterAnother(): Promise<void> {
    for (const body of waiting) {
      if (isGone) return;
      await deliver(body).catch(() => {
        isGone = true;
      });
    }
  }

  const startMs = performance.now();
  await Promise.all(Array.from({ length: connections }, sendOneAfterAnother));
  const durationMs = performance.now() - startMs;
  await pool.destroy();
  return { answered, durationMs, slowestAnswerMs };
}
