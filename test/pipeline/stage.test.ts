import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { stage } from '../../src/pipeline/stage.ts';
import type { Source } from '../../src/sources/source.ts';
import { mappingWith, recordOf } from '../support/compiled-mapping.ts';
import { begin } from '../support/ledger-scenes.ts';
import { ledgerPlace } from '../support/sqlite-ledgers.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MEGABYTE = 1_000_000;

/** One input of records with bodies of so many characters. */
function sourceOf(count: number, characters: number): Source {
  return {
    inputs: async () => [
      {
        name: 'export.csv',
        sizeBytes: null,
        digest: async () => null,
        async *read() {
          for (let index = 0; index < count; index += 1) {
            yield recordOf({ Id: `id-${index}`, Text: 'x'.repeat(characters) });
          }
        },
      },
    ],
  };
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
        source: sourceOf(count, characters),
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
