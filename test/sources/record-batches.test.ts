import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapped, oneByOne, type RecordBatches } from '../../src/sources/record-batches.ts';
import type { SourceRecord } from '../../src/sources/source.ts';

const recordOf = (index: number): SourceRecord => ({
  fields: { Sid: String(index) },
  position: { file: 'f', line: index + 1, byte: null, index },
});

async function indexes(records: AsyncIterable<SourceRecord>): Promise<number[]> {
  const all: number[] = [];
  for await (const { position } of records) all.push(position.index);
  return all;
}

test('records come one by one in the order of their batches, and empty batches are passed over', async () => {
  async function* batches(): RecordBatches {
    yield [];
    yield [recordOf(0), recordOf(1)];
    yield [];
    yield mapped([recordOf(2)], ({ fields }) => ({ ...recordOf(7), fields }));
  }
  assert.deepEqual(await indexes(oneByOne(batches())), [0, 1, 7]);
});

test('what making a record throws comes after the records before it, and is thrown where the batch was yielded', async () => {
  const events: string[] = [];
  function* broken(): Generator<SourceRecord> {
    yield recordOf(0);
    throw new Error('damage');
  }
  async function* batches(): RecordBatches {
    try {
      yield broken();
    } catch (error) {
      events.push((error as Error).message);
      throw error;
    } finally {
      events.push('closed');
    }
  }
  const records = oneByOne(batches());
  assert.equal((await records.next()).value?.position.index, 0);
  await assert.rejects(records.next(), /damage/);
  assert.deepEqual(events, ['damage', 'closed']);
  assert.equal((await records.next()).done, true);
});

test('whoever stops early closes what the batches come from', async () => {
  let isClosed = false;
  async function* batches(): RecordBatches {
    try {
      yield [recordOf(0), recordOf(1)];
    } finally {
      isClosed = true;
    }
  }
  for await (const _record of oneByOne(batches())) break;
  assert.equal(isClosed, true);
});
