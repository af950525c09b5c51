import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StagedMessage } from '../../src/ledger/ledger.ts';
import { createOccurrenceCounter } from '../../src/ledger/occurrence-counter.ts';
import type { Mapping } from '../../src/mapping/mapping.ts';
import { toStagedRecords } from '../../src/pipeline/staged-record.ts';
import type { ExportOrigin, SourceRecord } from '../../src/sources/source.ts';
import { recordOf } from '../support/compiled-mapping.ts';
import { textMapping, whatsappMapping } from '../support/live-mapping.ts';

const [A, B, C] = ['+13105550123', '+13105550124', '+13105550125'];

function stagedOf(record: SourceRecord, mapping: Mapping = whatsappMapping()): StagedMessage[] {
  const occurrences = createOccurrenceCounter();
  try {
    return toStagedRecords(record, mapping, occurrences).map((staged) => {
      assert.ok(staged.kind === 'message', JSON.stringify(staged));
      return staged;
    });
  } finally {
    occurrences.close();
  }
}

const uuidsOf = (record: SourceRecord, mapping?: Mapping) =>
  stagedOf(record, mapping).map(({ sourceUuid }) => sourceUuid);

/** As an export file brings it back. */
const fedBack = (fields: Record<string, unknown>, sourceUuid: string): SourceRecord => {
  const origin: ExportOrigin = { sourceUuid, file: 'export.csv', line: 2 };
  return recordOf(fields, { origin });
};

test('one recipient: the message has the record’s identity', () => {
  assert.deepEqual(uuidsOf(recordOf({ To: A })), ['id-1']);
});

test('several recipients: each message has an identity, a conversation and a content of its own', () => {
  const messages = stagedOf(recordOf({ To: `${A},${B}` }));
  assert.deepEqual(
    messages.map(({ sourceUuid, customerUuid }) => [sourceUuid, customerUuid]),
    [
      [`id-1~${A}`, A],
      [`id-1~${B}`, B],
    ],
  );
  const [first, second] = messages as [StagedMessage, StagedMessage];
  assert.ok(
    !first.once?.textHash.equals(second.once?.textHash as Buffer),
    'they are no repeats of each other',
  );
  assert.equal(first.recordJson, second.recordJson);
});

test('a part that is fed back is that part again, and speaks for no other', () => {
  assert.deepEqual(uuidsOf(fedBack({ To: `${A},${B}` }, `id-1~${B}`)), [`id-1~${B}`]);
});

test('a part that is fed back with one recipient left keeps its identity, a corrected number included', () => {
  assert.deepEqual(uuidsOf(fedBack({ To: B }, `id-1~${B}`)), [`id-1~${B}`]);
  assert.deepEqual(uuidsOf(fedBack({ To: C }, `id-1~${B}`)), [`id-1~${B}`]);
});

test('a record that is fed back as a whole, or with other recipients, is its parts again', () => {
  assert.deepEqual(uuidsOf(fedBack({ To: `${A},${B}` }, 'id-1')), [`id-1~${A}`, `id-1~${B}`]);
  assert.deepEqual(uuidsOf(fedBack({ To: `${A},${C}` }, `id-1~${B}`)), [`id-1~${A}`, `id-1~${C}`]);
});

test('derived identities of parts stay the same when they are fed back', () => {
  const mapping = whatsappMapping({ sourceUuid: { hash: ['To', 'Text'] } });
  const [first, second] = uuidsOf(recordOf({ To: `${A},${B}` }), mapping) as [string, string];
  assert.match(first, /^[0-9a-f-]{36}~\+13105550123$/);
  assert.deepEqual(uuidsOf(fedBack({ To: `${A},${B}` }, second), mapping), [second]);
  assert.deepEqual(uuidsOf(fedBack({ To: B, Text: 'Corrected' }, second), mapping), [second]);
  assert.deepEqual(uuidsOf(fedBack({ To: `${A},${C}` }, second), mapping), [first, first.replace(A, C)]);
});

test('texts are marked as not to be repeated, by customer and words, unless that is allowed', () => {
  const hashOf = (fields: Record<string, unknown>) =>
    stagedOf(recordOf({ Customer: 'c-1', ...fields }), textMapping())[0]?.once?.textHash.toString('hex');
  assert.equal(hashOf({ Id: '1' }), hashOf({ Id: '2' }));
  assert.notEqual(hashOf({}), hashOf({ Customer: 'c-2' }));
  assert.notEqual(hashOf({}), hashOf({ Text: 'Hello!' }));
  const [allowed] = stagedOf(recordOf({ Customer: 'c-1' }), textMapping({}, { allowDuplicateTexts: true }));
  assert.equal(allowed?.once, undefined);
});
