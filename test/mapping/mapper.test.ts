import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadMapper, type MapperFunction } from '../../src/mapping/mapper.ts';
import { faultsOf, mappingWith, messageOf, recordOf, rejectOf } from '../support/compiled-mapping.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function mapWith(
  mapper: MapperFunction,
  fields: Record<string, unknown> = {},
  rules: Record<string, unknown> = {},
) {
  const lookups = {
    names: { values: new Map([['k', 'found']]) },
    phones: { region: 'US', values: new Map([['+13105550100', 'customer']]) },
  };
  return mappingWith({ mapper, rules, lookups }).map(recordOf(fields));
}

type Attributes = { messageAttributes: Record<string, unknown> };

test('a mapper changes the draft that the rules have made', () => {
  const { item, envelope } = messageOf(
    mapWith((record, { draft }) => {
      draft.customerUuid = 'other';
      (draft.item as Attributes).messageAttributes.subject = `${record.fields.Text}!`;
      return undefined;
    }),
  );
  assert.equal(envelope.customerUuid, 'other');
  assert.equal(item.messageAttributes.subject, 'Hello!');
  assert.equal(item.messageAttributes.body, 'Hello');
});

test('parts that a mapper returns replace those of the draft', () => {
  const result = messageOf(
    mapWith(() => ({
      sourceUuid: 'mine',
      item: {
        sentOn: '2024-03-02T00:00:00.000Z',
        messageAttributes: { body: 'B', type: 'NOTE', protocol: 'NONE', subject: undefined },
      },
    })),
  );
  assert.deepEqual(result.identity, { kind: 'given', sourceUuid: 'mine' });
  assert.deepEqual(result.envelope, { departmentUuid: 'department-1', customerUuid: 'customer-1' });
  assert.deepEqual(result.item.messageAttributes, { body: 'B', type: 'NOTE', protocol: 'NONE' });
  assert.equal(result.item.notificationAttributes?.sendPhoneNotification, false);
});

test('a mapper skips and rejects', () => {
  assert.deepEqual(
    mapWith((_, { skip }) => skip('no message')),
    { kind: 'skipped', reason: 'no message', identity: { kind: 'given', sourceUuid: 'id-1' } },
  );
  const rejected = rejectOf(
    mapWith((_, { reject }) => reject('messageAttributes.body', 'no text', 'write one')),
  );
  assert.deepEqual(rejected.errors, [
    { field: 'messageAttributes.body', code: 'MAPPER_REJECTED', message: 'no text', fix: 'write one' },
  ]);
});

test('a mapper has the lookups and the reading of phone numbers', () => {
  const { item } = messageOf(
    mapWith((_, { draft, lookup, phone }) => {
      (draft.item as Attributes).messageAttributes.metaData = {
        name: lookup('names', ' k '),
        customer: lookup('phones', '(310) 555-0100'),
        nobody: lookup('phones', '-1'),
        number: phone('310 555 0100', 'US'),
      };
      return undefined;
    }),
  );
  assert.deepEqual(item.messageAttributes.metaData, {
    customer: 'customer',
    name: 'found',
    number: '+13105550100',
  });
});

test('what a mapper makes is validated like anything else', () => {
  assert.deepEqual(
    faultsOf(
      mapWith(() => ({ item: { messageAttributes: { type: 'Incoming', extra: 1, isManual: 'maybe' } } })),
    ).sort(),
    [
      'messageAttributes.body REQUIRED',
      'messageAttributes.extra UNKNOWN_FIELD',
      'messageAttributes.isManual WRONG_TYPE',
      'messageAttributes.protocol REQUIRED',
      'messageAttributes.type NOT_IN_LIST',
      'sentOn REQUIRED',
    ],
  );
  assert.deepEqual(faultsOf(mapWith(() => ({ item: 'text' as never }))).slice(0, 1), [' WRONG_TYPE']);
});

test('a fault of the rules is forgiven where the mapper gives the field a value', () => {
  const rules = { 'messageAttributes.subject': { from: 'Kind', map: { a: 'A' } } };
  const give: MapperFunction = (_, { draft }) => {
    (draft.item as Attributes).messageAttributes.subject = 'given';
    return undefined;
  };
  assert.equal(messageOf(mapWith(give, { Kind: 'x' }, rules)).item.messageAttributes.subject, 'given');
  assert.deepEqual(faultsOf(mapWith(() => undefined, { Kind: 'x' }, rules)), [
    'messageAttributes.subject NOT_MAPPED',
  ]);
});

test('rules that a mapper replaces may be missing', () => {
  const rules = { sourceUuid: undefined, 'messageAttributes.type': undefined };
  const mapper: MapperFunction = (record, { draft }) => {
    draft.sourceUuid = record.fields.Id;
    (draft.item as Attributes).messageAttributes.type = 'OUTGOING';
    return undefined;
  };
  assert.equal(messageOf(mapWith(mapper, {}, rules)).item.messageAttributes.type, 'OUTGOING');
  assert.deepEqual(faultsOf(mapWith(() => undefined, {}, rules)).sort(), [
    'messageAttributes.type REQUIRED',
    'sourceUuid REQUIRED',
  ]);
});

test('a mapper that throws rejects the record, and what it threw is not told', () => {
  for (const mapper of [
    () => {
      throw new TypeError('the secret of the record');
    },
    () => {
      throw 'the secret of the record';
    },
    () => 'the secret of the record' as never,
    () => ({ body: 'the secret of the record' }) as never,
    async () => {
      throw new Error('the secret of the record');
    },
    (_: unknown, { lookup }: { lookup(name: string, key: string): unknown }) =>
      lookup('the secret of the record', 'k') as never,
  ] as MapperFunction[]) {
    const { errors, identity } = rejectOf(mapWith(mapper));
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['MAPPER_FAILED'],
    );
    assert.ok(!JSON.stringify(errors).includes('secret'));
    assert.deepEqual(identity, { kind: 'given', sourceUuid: 'id-1' });
  }
});

test('a mapper cannot change the record that a reject keeps', () => {
  const record = recordOf({ nested: { a: 1 } });
  mappingWith({
    mapper: ({ fields }) => {
      (fields as Record<string, unknown>).Text = 'changed';
      (fields.nested as Record<string, unknown>).a = 2;
      return undefined;
    },
  }).map(record);
  assert.deepEqual([record.fields.Text, record.fields.nested], ['Hello', { a: 1 }]);
});

test('an edited mapper is loaded anew, and says where it fails', async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'mapper.mjs');
  writeFileSync(file, 'export default (record, { skip }) => skip("one");');
  const one = await loadMapper('mapper.mjs', directory);
  writeFileSync(file, 'export default (record) =>\n  record.fields.Text.no.such();');
  const two = await loadMapper('./mapper.mjs', directory);
  assert.notEqual(one.sha256, two.sha256);
  assert.equal(mapWith(one.map).kind, 'skipped');
  assert.match(rejectOf(mapWith(two.map)).errors[0]?.message ?? '', /TypeError at line 2, column/);
});

test('a mapper that is missing, broken or no function is refused', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'broken.mjs'), 'export default (');
  writeFileSync(join(directory, 'object.mjs'), 'export default {};');
  await assert.rejects(loadMapper('none.mjs', directory), { name: 'UsageError', code: 'MAPPER_UNREADABLE' });
  await assert.rejects(loadMapper('broken.mjs', directory), {
    name: 'UsageError',
    code: 'MAPPER_UNREADABLE',
  });
  await assert.rejects(loadMapper('object.mjs', directory), {
    name: 'UsageError',
    code: 'MAPPER_NOT_A_FUNCTION',
  });
});
