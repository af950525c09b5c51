/** An archive directory in the hands of this process: locked, mended, and with its newest deliveries in mind. */
import type { Clock } from '../clock.ts';
import { type Archive, type ArchiveOptions, openArchive } from './archive.ts';
import { archiveUnusable, prepareDirectory } from './archive-files.ts';
import { lockArchive } from './archive-lock.ts';
import { archiveLine, type Delivery, deliveryKey } from './delivery.ts';
import { type RepeatMemory, recallRepeats } from './repeats.ts';

export interface DeliveriesOptions extends ArchiveOptions {
  /** How many archived deliveries are kept in mind, to tell repeats. */
  readonly remembered: number;
}

export interface Deliveries {
  /** Resolves when the delivery is on the disk, by this call or an earlier one. Rejects when it could not be put there. */
  take(delivery: Delivery): Promise<'stored' | 'repeated'>;
  /** How many deliveries it has in mind. */
  remembered(): number;
  /** How often the disk was waited for. */
  groups(): number;
  close(): Promise<void>;
}

/** @throws {UsageError} `ARCHIVE_UNUSABLE`. @throws {LockedError} `ARCHIVE_LOCKED`. */
export async function openDeliveries({ remembered, ...options }: DeliveriesOptions): Promise<Deliveries> {
  const { directory, clock } = options;
  await prepareDirectory(directory);
  const lock = lockArchive(directory);
  try {
    const memory = await recallRepeats(directory, remembered);
    const archive = await openArchive(options);
    return {
      take: createIntake(archive, memory, clock),
      remembered: memory.size,
      groups: archive.groups,
      async close() {
        await archive.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw archiveUnusable(directory, error);
  }
}

function createIntake(archive: Archive, memory: RepeatMemory, clock: Clock): Deliveries['take'] {
  /** On their way to the disk. A repeat of one of them must wait as well: the first may yet fail. */
  const inFlight = new Map<string, Promise<void>>();
  return async (delivery) => {
    const key = deliveryKey(delivery);
    if (memory.has(key)) return 'repeated';
    const earlier = inFlight.get(key);
    if (earlier !== undefined) {
      await earlier;
      return 'repeated';
    }
    const appended = archive.append(archiveLine(delivery, clock.nowMs()));
    inFlight.set(key, appended);
    try {
      await appended;
      memory.add(key);
      return 'stored';
    } finally {
      inFlight.delete(key);
    }
  };
}
