/**
 * Which deliveries are archived already. Senders repeat what they saw no answer to, within minutes or hours: the memory
 * holds the newest ones and forgets the oldest, and what it has forgotten is archived twice, which readers bear with.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { listArchives } from './archive-files.ts';
import { bodyBytes, readArchivedDelivery } from './archived-delivery.ts';
import { deliveryKey } from './delivery.ts';

export interface RepeatMemory {
  has(key: string): boolean;
  add(key: string): void;
  size(): number;
}

export function createRepeatMemory(limit: number): RepeatMemory {
  const keys = new Set<string>();
  return {
    has: (key) => keys.has(key),
    add(key) {
      keys.add(key);
      if (keys.size <= limit) return;
      const [oldest] = keys as Iterable<string>;
      keys.delete(oldest as string);
    },
    size: () => keys.size,
  };
}

/** The memory as it was when the directory's newest delivery was archived. */
export async function recallRepeats(directory: string, limit: number): Promise<RepeatMemory> {
  const files: (readonly string[])[] = [];
  let count = 0;
  for (const name of [...(await listArchives(directory))].reverse()) {
    if (count >= limit) break;
    const keys = await keysOf(join(directory, name), limit - count);
    files.push(keys);
    count += keys.length;
  }
  const memory = createRepeatMemory(limit);
  for (const keys of files.reverse()) for (const key of keys) memory.add(key);
  return memory;
}

/** The last `limit` deliveries of one archive, oldest first. */
async function keysOf(path: string, limit: number): Promise<readonly string[]> {
  let keys: string[] = [];
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    const delivery = readArchivedDelivery(line);
    if (delivery === null) continue;
    const { kind, query = '' } = delivery;
    keys.push(deliveryKey({ kind, query, body: bodyBytes(delivery) }));
    if (keys.length >= 2 * limit) keys = keys.slice(-limit);
  }
  return keys.slice(-limit);
}
