/**
 * What every source keeps to, as tests. An implementation joins with one call of {@link testSourceContract}.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { DamagedInputError } from '../../src/errors.ts';
import type { Source, SourceInput, SourceRecord } from '../../src/sources/source.ts';
import { lineOfByte } from '../support/source-reading.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export interface SourceCase {
  readonly fileName: string;
  /** What the file holds, as stored. */
  readonly stored: Buffer;
  /** What it holds once decompressed. */
  readonly content: Buffer;
  /** How line ends are written in it: one byte each (as in UTF-8), or two. */
  readonly lineEnds: 'latin1' | 'utf16le';
  /** Bytes with which each record begins, in order; at least three, all well. */
  readonly beginnings: readonly Buffer[];
  /** Whether the format has a header. */
  readonly isTabular: boolean;
  /** A source over the one file at `path`, which lies in `directory`. */
  create(directory: string, path: string): Source;
}

export function testSourceContract(name: string, setUp: () => SourceCase): void {
  suite(`${name} keeps the source contract`, () => {
    const given = setUp();

    async function open(
      t: Parameters<typeof temporaryDirectory>[0],
    ): Promise<{ input: SourceInput; path: string }> {
      const directory = temporaryDirectory(t);
      const path = join(directory, given.fileName);
      writeFileSync(path, given.stored);
      const [input] = await given.create(directory, path).inputs();
      return { input: input as SourceInput, path };
    }

    test('every record stands exactly where its position says', async (t) => {
      const { input } = await open(t);
      const records = await collect(input);
      assert.equal(records.length, given.beginnings.length);
      for (const [index, { position, problems }] of records.entries()) {
        assert.equal(problems, undefined);
        assert.equal(position.index, index);
        assert.equal(position.file, input.name);
        const beginning = given.beginnings[index] as Buffer;
        const { byte } = position;
        assert.ok(byte !== null);
        assert.deepEqual(given.content.subarray(byte, byte + beginning.length), beginning);
        assert.equal(position.line, lineOfByte(given.content, byte, given.lineEnds));
      }
    });

    test('fields have no prototype', async (t) => {
      const { input } = await open(t);
      for (const { fields } of await collect(input)) assert.equal(Object.getPrototypeOf(fields), null);
    });

    test('inputs come in the same order with the same names each time they are listed', async (t) => {
      const directory = temporaryDirectory(t);
      const path = join(directory, given.fileName);
      writeFileSync(path, given.stored);
      const source = given.create(directory, path);
      const names = async () => (await source.inputs()).map((input) => input.name);
      assert.deepEqual(await names(), await names());
      assert.equal((await names()).length, 1);
    });

    test('the digest is the SHA-256 of the stored bytes, and reading after it gives the same records', async (t) => {
      const { input } = await open(t);
      assert.equal(await input.digest(), createHash('sha256').update(given.stored).digest('hex'));
      assert.equal((await collect(input)).length, given.beginnings.length);
    });

    test('a file that changed since its digest is damaged', async (t) => {
      const { input, path } = await open(t);
      await input.digest();
      appendFileSync(path, Buffer.from('\n'));
      await assert.rejects(collect(input), DamagedInputError);
    });

    test('progress ends at the stored size', async (t) => {
      const { input } = await open(t);
      const progress: number[] = [];
      for await (const _ of input.read({ onBytes: (bytesRead) => progress.push(bytesRead) }));
      assert.equal(progress.at(-1), input.sizeBytes);
      assert.equal(progress.at(-1), given.stored.length);
      assert.deepEqual(
        progress,
        progress.toSorted((a, b) => a - b),
      );
    });

    test('an abort ends the reading without an error', async (t) => {
      for (const before of [0, 1, 2]) {
        const { input } = await open(t);
        const controller = new AbortController();
        let count = 0;
        if (before === 0) controller.abort();
        for await (const _ of input.read({ signal: controller.signal })) {
          count += 1;
          if (count === before) controller.abort();
        }
        assert.equal(count, before);
      }
    });

    test('the header is told once, before the first record, and what its listener throws ends the reading', async (t) => {
      const { input } = await open(t);
      const told: string[] = [];
      for await (const { position } of input.read({ onHeader: () => told.push('header') }))
        told.push(`${position.index}`);
      const expected = given.beginnings.map((_, index) => `${index}`);
      assert.deepEqual(told, given.isTabular ? ['header', ...expected] : expected);
      if (!given.isTabular) return;
      const refusal = new Error('refused');
      const again = (await open(t)).input.read({
        onHeader: () => {
          throw refusal;
        },
      });
      await assert.rejects(async () => {
        for await (const _ of again);
      }, refusal);
    });

    test('leaving early or being refused closes the file', {
      skip: !existsSync('/proc/self/fd'),
    }, async (t) => {
      const { input, path } = await open(t);
      for await (const _ of input.read()) break;
      assert.deepEqual(
        openPaths().filter((open) => open === path),
        [],
      );
      const second = await open(t);
      const reading = second.input.read({
        onHeader: () => {
          throw new Error('refused');
        },
      });
      try {
        for await (const _ of reading) break;
      } catch {
        // Refused: what counts is that nothing stays open.
      }
      assert.deepEqual(
        openPaths().filter((open) => open === second.path),
        [],
      );
    });
  });
}

async function collect(input: SourceInput): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for await (const record of input.read()) records.push(record);
  return records;
}

function openPaths(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      return [];
    }
  });
}
