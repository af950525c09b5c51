import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { seededRandom } from './seeded-random.ts';

const WORDS = 'your car is ready for pickup please call back about the brake pads and the oil change'.split(
  ' ',
);
const ROWS_PER_CHUNK = 1_000;

/**
 * A CSV file with the columns of `project.ts`, some 200 bytes a row. Identities are random, as those of real exports are:
 * that is what costs a database most.
 * @param customers over which the rows are spread evenly.
 */
export async function writeLargeExport(path: string, rows: number, customers: number): Promise<void> {
  const random = seededRandom(rows);
  const hex = () => random.between(0, 0xffff_ffff).toString(16).padStart(8, '0');
  function* chunks(): Generator<string> {
    yield 'Id,Department,Customer,Sent,Direction,Body\n';
    for (let first = 0; first < rows; first += ROWS_PER_CHUNK) {
      let chunk = '';
      for (let row = first; row < Math.min(rows, first + ROWS_PER_CHUNK); row++) {
        const sent = new Date(Date.UTC(2020, 0, 1) + random.between(0, 150_000_000) * 1_000).toISOString();
        const body = Array.from({ length: 14 }, () => random.pick(WORDS)).join(' ');
        const customer = row % customers;
        chunk += `SM${hex()}${hex()}${hex()}${hex()},dept-${customer % 3},customer-${customer},${sent},in,${body}\n`;
      }
      yield chunk;
    }
  }
  await pipeline(Readable.from(chunks()), createWriteStream(path));
}

/** A compressed CSV file with the same columns whose every body has 100 kB: far more than its size on disk tells. */
export async function writeLongBodies(path: string, rows: number): Promise<void> {
  const body = 'all the same '.repeat(8_000);
  function* lines(): Generator<string> {
    yield 'Id,Department,Customer,Sent,Direction,Body\n';
    for (let row = 0; row < rows; row++) {
      yield `long-${row},dept-1,customer-${row % 7},2024-05-06T07:08:09Z,in,${body}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createGzip({ level: 1 }), createWriteStream(path));
}
