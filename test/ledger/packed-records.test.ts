import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { type HashedRecord, withHashes } from '../../src/ledger/hashed-record.ts';
import type { StagedMessage, StagedRecord } from '../../src/ledger/ledger.ts';
import { packRecords, transferable, unpackRecords } from '../../src/ledger/packed-records.ts';
import { stagedMessage, stagedReject, stagedSkip } from '../support/staged-records.ts';

const TEXT = fc.string({ unit: 'grapheme' });
const NUMBER_OR_NULL = fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), { nil: null });
const HASH = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));

const PLAIN = { noNullPrototype: true };
const POSITION = { file: TEXT, line: NUMBER_OR_NULL, byte: NUMBER_OR_NULL, index: fc.nat() };
const MESSAGE = fc.record(
  {
    kind: fc.constant('message' as const),
    position: fc.record(POSITION, PLAIN),
    sourceUuid: TEXT,
    departmentUuid: TEXT,
    customerUuid: TEXT,
    type: fc.option(TEXT, { nil: null }),
    sentAtUtcMs: fc.integer({ min: -8.64e15, max: 8.64e15 }),
    version: NUMBER_OR_NULL,
    itemJson: TEXT,
    recordJson: TEXT,
  },
  PLAIN,
) satisfies fc.Arbitrary<StagedMessage>;

const FED_BACK = MESSAGE.map((message) => ({ ...message, origin: { file: 'rejects.csv', line: 3 } }));
const LIVE = fc.tuple(MESSAGE, HASH).map(([message, textHash]) => ({
  ...message,
  once: { textHash, error: { field: 'body', code: 'DUPLICATE_TEXT', message: 'again', fix: 'Dismiss it.' } },
}));
const OTHERS = fc.constantFrom<StagedRecord>(
  stagedSkip({ record: { id: 'skip' } }),
  stagedReject({ record: { id: 'bad' }, sourceUuid: 'bad', unreadable: true }),
);

function throughAnotherThread(records: readonly StagedRecord[]): readonly HashedRecord[] {
  const packed = packRecords(records);
  return [...unpackRecords(structuredClone(packed, { transfer: transferable(packed) }))].map(readable);
}

/** With JSON as a string. */
function readable(record: HashedRecord): HashedRecord {
  const recordJson = String(record.recordJson);
  return record.kind === 'message'
    ? { ...record, recordJson, itemJson: String(record.itemJson) }
    : { ...record, recordJson };
}

suite('packed records', () => {
  test('come out as they went in, in their order, with the hashes that they have everywhere', () => {
    const records = fc.array(fc.oneof(MESSAGE, FED_BACK, LIVE, OTHERS), { maxLength: 30 });
    fc.assert(
      fc.property(records, (given) => {
        assert.deepEqual(throughAnotherThread(given), given.map(withHashes));
      }),
    );
  });

  test('have room for names that JSON has to escape', () => {
    const message = {
      ...stagedMessage({ id: 'a' }),
      departmentUuid: '\u0001'.repeat(200_000),
      version: null,
    };
    assert.deepEqual(throughAnotherThread([message]), [withHashes(message)]);
  });

  test('a message without a version, and one whose version is not told, are the same', () => {
    const [message] = throughAnotherThread([stagedMessage({ id: 'a' })]);
    assert.equal((message as StagedMessage).version, null);
  });
});
