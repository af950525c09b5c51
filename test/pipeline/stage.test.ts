import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { stage } from '../../src/pipeline/stage.ts';
import type { Source, SourceInput } from '../../src/sources/source.ts';
import { mappingWith, recordOf } from '../support/compiled-mapping.ts';
import { begin } from '../support/ledger-scenes.ts';
import { ledgerPlace } from '../support/sqlite-ledgers.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MEGABYTE = 1_000_000;

/** One input of records with bodies of so many characters. */
function inputOf(count: number, characters: number, given: Partial<SourceInput> = {}): SourceInput {
  return {
    name: 'export.csv',
    sizeBytes: null,
    digest: async () => null,
    async *read({ onBytes, signal } = {}) {
      for (let index = 0; index < count && !signal?.aborted; index += 1) {
        onBytes?.((index + 1) * characters);
        yield recordOf({ Id: `id-${index}`, Text: 'x'.repeat(characters) });
      }
    },
    ...given,
  };
}

function sourceOf(...inputs: SourceInput[]): Source {
  return { inputs: async () => inputs };
}

/** What waits to be written by a ledger that takes its time. */
function watched(ledger: Ledger) {
  let [chunks, characters, mostChunks, mostCharacters] = [0, 0, 0, 0];
  const slow: Ledger = {
    ...ledger,
    async stage(input, records, onConflict) {
      const size = records.reduce((sum, { recordJson }) => sum + recordJson.length, 0);
      chunks += 1;
      characters += size;
      mostChunks = Math.max(mostChunks, chunks);
      mostCharacters = Math.max(mostCharacters, characters);
      await setTimeout(5);
      const result = await ledger.stage(input, records, onConflict);
      chunks -= 1;
      characters -= size;
      return result;
    },
  };
  return { slow, most: () => ({ chunks: mostChunks, characters: mostCharacters }) };
}

for (const [name, count, characters] of [
  ['many small records', 40_000, 10],
  ['few large ones', 40, 2 * MEGABYTE],
] as const) {
  test(`${name} do not pile up before a ledger that takes its time`, async (t) => {
    const ledger = await ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db')).open();
    const { slow, most } = watched(ledger);
    const { records } = await stage({
      ...{
        run: await begin(ledger),
        ledger: slow,
        source: sourceOf(inputOf(count, characters)),
        mapping: mappingWith(),
      },
      ...{ onConflict: 'reject', signal: new AbortController().signal, observer: {} },
    });
    assert.deepEqual([records.read, records.new], [count, count]);
    const { chunks, characters: waiting } = most();
    assert.ok(chunks > 1 && chunks <= 24, `${chunks} chunks`);
    assert.ok(waiting < 10 * MEGABYTE, `${waiting} characters`);
  });
}

for (const [name, sizeBytes] of [
  ['whose size is known', 30_000 * 10],
  ['whose size nobody knows', null],
] as const) {
  test(`of inputs ${name}, progress tells what was read, and never goes back`, async (t) => {
    const ledger = await ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db')).open();
    const told: number[] = [];
    const input = inputOf(30_000, 10, { sizeBytes });
    await stage({
      ...{ run: await begin(ledger), ledger, source: sourceOf(input, input), mapping: mappingWith() },
      ...{ onConflict: 'reject', signal: new AbortController().signal },
      observer: { onProgress: ({ bytes }) => told.push(bytes) },
    });
    assert.ok(told.length > 4);
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
    assert.equal(told.at(-1), 2 * 30_000 * 10);
  });

  test(`of an input ${name}, an interrupted reading has progressed as far as it was read`, async (t) => {
    const ledger = await ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db')).open();
    const interruption = new AbortController();
    let latest = 0;
    await stage({
      ...{ run: await begin(ledger), ledger, mapping: mappingWith(), onConflict: 'reject' },
      source: sourceOf(inputOf(30_000, 10, { sizeBytes })),
      signal: interruption.signal,
      observer: {
        onProgress({ bytes }) {
          assert.ok(bytes >= latest);
          latest = bytes;
          interruption.abort();
        },
      },
    });
    assert.ok(latest > 0 && latest < 30_000 * 10, `${latest} bytes`);
  });
}
