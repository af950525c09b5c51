import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf, mappingWith, messageOf, recordOf, rejectOf } from '../support/compiled-mapping.ts';

/** What a rule gives `messageAttributes.subject`, a text, for a record. */
function subject(rule: unknown, fields: Record<string, unknown> = {}, lookups = {}): unknown {
  const mapping = mappingWith({ rules: { 'messageAttributes.subject': rule }, lookups });
  return messageOf(mapping.map(recordOf(fields))).item.messageAttributes.subject;
}

function subjectFaults(rule: unknown, fields: Record<string, unknown>, lookups = {}): string[] {
  const mapping = mappingWith({ rules: { 'messageAttributes.subject': rule }, lookups });
  return faultsOf(mapping.map(recordOf(fields)));
}

const RULE_ERROR = (code: string, fix?: RegExp) => ({ name: 'UsageError', code, ...(fix && { fix }) });

test('a plain column is taken as it is, blanks and all', () => {
  assert.equal(subject('A', { A: '  two \n lines\t' }), '  two \n lines\t');
});

test('an empty cell is absent: null, nothing, or the empty text', () => {
  for (const A of ['', null, undefined]) assert.equal(subject('A', { A }), undefined);
  assert.equal(subject('A', {}), undefined);
});

test('an exact column name beats a dotted path into nested JSON', () => {
  const nested = { a: { b: 'nested', list: ['zero', { c: 'one' }] } };
  assert.equal(subject('a.b', { ...nested, 'a.b': 'exact' }), 'exact');
  assert.equal(subject('a.b', nested), 'nested');
  assert.equal(subject('a.list.1.c', nested), 'one');
  assert.equal(subject('a.list.7.c', nested), undefined);
});

test('paths follow own properties only', () => {
  const nested = { a: { b: 'text' } };
  for (const path of ['a.constructor.name', 'a.__proto__', 'toString', 'a.b.length', '__proto__.x']) {
    assert.equal(subject(path, nested), undefined, path);
  }
});

test('Name#1 is the first of several columns, Name#2 the second', () => {
  const fields = { Name: 'first', 'Name#2': 'second' };
  assert.equal(subject('Name#1', fields), 'first');
  assert.equal(subject('Name#2', fields), 'second');
  assert.equal(subject('#1', { '#1': 'unnamed' }), 'unnamed');
});

test('firstOf takes the first that is not empty', () => {
  assert.equal(subject({ firstOf: ['A', 'B', 'C'] }, { A: '', C: 'c' }), 'c');
  assert.equal(subject({ firstOf: ['A', 'B'] }), undefined);
  assert.equal(subject({ firstOf: ['A', 'B'] }, { A: ' ', B: 'b' }), ' ', 'blanks are text');
  assert.equal(
    subject({ firstOf: ['A', 'B'], trim: true }, { A: ' ', B: 'b' }),
    'b',
    'unless they are trimmed',
  );
});

test('a template is absent when every column it names is empty', () => {
  const rule = { template: '{First} {Last} {{sic}}' };
  assert.equal(subject(rule, { First: 'Ada', Last: '' }), 'Ada  {sic}');
  assert.equal(subject(rule, { First: '', Last: '' }), undefined);
  assert.equal(subject({ template: '{a.b}' }, { a: { b: 7 } }), '7');
  assert.throws(() => subject({ template: '{First' }), RULE_ERROR('BAD_TEMPLATE'));
});

test('default fills absence only', () => {
  assert.equal(subject({ from: 'A', default: 'd' }, { A: '' }), 'd');
  assert.equal(subject({ from: 'A', default: 'd' }, { A: ' ' }), ' ');
  assert.equal(subject({ from: 'A', trim: true, default: 'd' }, { A: ' \u00a0' }), 'd');
  assert.equal(subject({ from: 'A', map: { x: null }, default: 'd' }, { A: 'x' }), 'd');
  assert.deepEqual(subjectFaults({ from: 'A', map: { x: 'y' }, default: 'd' }, { A: 'z' }), [
    'messageAttributes.subject NOT_MAPPED',
  ]);
});

test('map compares the text form without outer blanks, case by case', () => {
  const rule = { from: 'A', map: { true: 'yes', '1': 'one', in: 'I' } };
  assert.equal(subject(rule, { A: true }), 'yes');
  assert.equal(subject(rule, { A: 1 }), 'one');
  assert.equal(subject(rule, { A: '\u202fin\u00a0' }), 'I');
  for (const A of ['In', 'toString', '__proto__']) {
    assert.deepEqual(subjectFaults(rule, { A }), ['messageAttributes.subject NOT_MAPPED']);
  }
  assert.equal(subject({ ...rule, otherwise: 'other' }, { A: 'x' }), 'other');
  assert.equal(subject({ ...rule, otherwise: 'other' }, { A: '' }), undefined, 'absence is not otherwise');
  assert.throws(() => subject({ from: 'A', map: { ' ': 'x' } }), RULE_ERROR('EMPTY_MAP_KEY', /default/));
});

const LOOKUPS = {
  names: { values: new Map([['k', 'found']]) },
  phones: { region: 'US', values: new Map([['+13105550100', 'customer']]) },
};

test('lookup finds by text, or by phone number however it is written', () => {
  assert.equal(subject({ from: 'A', lookup: 'names' }, { A: ' k ' }, LOOKUPS), 'found');
  assert.equal(
    subject({ from: 'A', phone: 'US', lookup: 'phones' }, { A: '(310) 555-0100' }, LOOKUPS),
    'customer',
  );
  assert.equal(subject({ from: 'A', lookup: 'phones' }, { A: '310 555 0100' }, LOOKUPS), 'customer');
  assert.equal(subject({ from: 'A', map: { x: 'k' }, lookup: 'names' }, { A: 'x' }, LOOKUPS), 'found');
});

test('what a lookup does not hold rejects, unless otherwise says what it becomes', () => {
  const field = 'messageAttributes.subject';
  assert.deepEqual(subjectFaults({ from: 'A', lookup: 'names' }, { A: 'x' }, LOOKUPS), [
    `${field} NOT_FOUND`,
  ]);
  assert.equal(subject({ from: 'A', lookup: 'names', otherwise: 'o' }, { A: 'x' }, LOOKUPS), 'o');
  assert.deepEqual(subjectFaults({ from: 'A', lookup: 'phones' }, { A: '-1' }, LOOKUPS), [
    `${field} PHONE_WITHHELD`,
  ]);
  const both = { from: 'A', map: { x: 'nobody' }, lookup: 'names', otherwise: 'k' };
  assert.equal(subject(both, { A: 'y' }, LOOKUPS), 'k', 'otherwise is not looked up again');
  assert.throws(
    () => subject({ from: 'A', lookup: 'name' }, {}, LOOKUPS),
    RULE_ERROR('UNKNOWN_LOOKUP', /names/),
  );
});

test('the parts of a rule apply in their order: json, split, trim, phone, lookup, default', () => {
  const rules = {
    'messageAttributes.metaData.numbers': undefined,
    'notificationAttributes.additionalNotifierNotificationDAUUIDs': {
      from: 'A',
      split: ';',
      trim: true,
      phone: 'US',
      lookup: 'phones',
      otherwise: 'nobody',
    },
  };
  const mapping = mappingWith({ rules, lookups: LOOKUPS });
  const { item } = messageOf(mapping.map(recordOf({ A: ' (310) 555-0100 ;; 310 555 0199; ' })));
  assert.deepEqual(item.notificationAttributes?.additionalNotifierNotificationDAUUIDs, [
    'customer',
    'nobody',
  ]);
});

test('json is parsed, with large integers kept to the digit', () => {
  const metaData = (A: unknown) =>
    messageOf(
      mappingWith({ rules: { 'messageAttributes.metaData': { from: 'A', json: true } } }).map(
        recordOf({ A }),
      ),
    ).item.messageAttributes.metaData;
  assert.deepEqual(metaData('{"id": 12345678901234567890, "n": 1, "flag": true, "no": null, "empty": ""}'), {
    flag: 'true',
    id: '12345678901234567890',
    n: '1',
  });
  assert.deepEqual(metaData({ already: 'parsed' }), { already: 'parsed' });
  assert.equal(metaData('{}'), undefined);
  assert.equal(metaData(' '), undefined);
});

test('json that is none, or of the wrong kind, rejects', () => {
  const rules = { 'messageAttributes.metaData': { from: 'A', json: true } };
  const faults = (A: unknown) => faultsOf(mappingWith({ rules }).map(recordOf({ A })));
  assert.deepEqual(faults('{oops'), ['messageAttributes.metaData INVALID_JSON']);
  assert.deepEqual(faults('[1]'), ['messageAttributes.metaData WRONG_TYPE']);
  assert.deepEqual(faults('{"a":{"b":1}}'), ['messageAttributes.metaData.a WRONG_TYPE']);
  assert.deepEqual(faults('{"__proto__":{"polluted":"yes"}}'), [
    'messageAttributes.metaData.__proto__ UNKNOWN_FIELD',
  ]);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('texts become the type that the contract wants, where they mean one thing', () => {
  const rules = {
    'messageAttributes.isManual': 'Manual',
    'voiceCallAttributes.callStatus': 'Status',
    'messageAttributes.attachments.0.docSize': 'Size',
  };
  const mapping = mappingWith({ rules });
  for (const [cell, value] of [
    ['true', true],
    ['TRUE', true],
    [' Yes ', true],
    ['1', true],
    [1, true],
    ['No', false],
    ['0', false],
    [false, false],
  ] as const) {
    const { item } = messageOf(mapping.map(recordOf({ Manual: cell, Status: ' -12 ', Size: 2048 })));
    assert.equal(item.messageAttributes.isManual, value);
    assert.equal(item.voiceCallAttributes?.callStatus, -12);
    assert.equal(item.messageAttributes.attachments?.[0]?.docSize, '2048');
  }
  assert.deepEqual(faultsOf(mapping.map(recordOf({ Manual: 'y', Status: '1e3' }))), [
    'messageAttributes.isManual WRONG_TYPE',
    'voiceCallAttributes.callStatus NOT_AN_INTEGER',
  ]);
  for (const Status of ['1.0', '9007199254740993', true, 1.5, '']) {
    const result = mapping.map(recordOf({ Status }));
    if (Status === '') assert.equal(messageOf(result).item.voiceCallAttributes, undefined);
    else assert.deepEqual(faultsOf(result), ['voiceCallAttributes.callStatus NOT_AN_INTEGER']);
  }
});

test('lists come whole or by position, without holes', () => {
  const byPosition = mappingWith({
    rules: {
      'messageAttributes.attachments.0.fileURL': 'Url1',
      'messageAttributes.attachments.0.mimeType': 'Mime1',
      'messageAttributes.attachments.1.fileURL': 'Url2',
    },
  });
  const attachments = (fields: Record<string, unknown>) =>
    messageOf(byPosition.map(recordOf(fields))).item.messageAttributes.attachments;
  assert.deepEqual(attachments({ Url1: 'a', Mime1: 'm', Url2: 'b' }), [
    { fileURL: 'a', mimeType: 'm' },
    { fileURL: 'b' },
  ]);
  assert.deepEqual(attachments({ Url2: 'b' }), [{ fileURL: 'b' }]);
  assert.equal(attachments({}), undefined);

  const whole = mappingWith({ rules: { 'messageAttributes.attachments': { from: 'A', json: true } } });
  const { item } = messageOf(
    whole.map(recordOf({ A: '[{"fileURL":"a","docSize":5,"mimeType":null},{}]', Text: '' })),
  );
  assert.deepEqual(item.messageAttributes.attachments, [{ docSize: '5', fileURL: 'a' }]);
  assert.deepEqual(faultsOf(whole.map(recordOf({ A: '[{"fileUrl":"a"}]' }))), [
    'messageAttributes.attachments.0.fileUrl UNKNOWN_FIELD',
  ]);
  assert.deepEqual(faultsOf(whole.map(recordOf({ A: '"text"' }))), [
    'messageAttributes.attachments WRONG_TYPE',
  ]);
});

test('names below metaData are anybody’s, dots included', () => {
  const rules = {
    'messageAttributes.metaData.z.y': { value: 1 },
    'messageAttributes.metaData.constructor': 'Text',
  };
  const { item } = messageOf(mappingWith({ rules }).map(recordOf()));
  assert.equal(JSON.stringify(item.messageAttributes.metaData), '{"constructor":"Hello","z.y":"1"}');
});

test('keys that the request does not have are refused with a suggestion', () => {
  for (const [key, fix] of [
    ['messageAttributes.Body', /messageAttributes\.body\?/],
    ['body', /messageAttributes\.body\?/],
    ['departmentUUID', /departmentUuid\?/],
    ['voiceCallAttributes.party2Prompt', /party2prompt\?/],
    ['messageAttributes.attachments.fileURL', /attachments\.0\.fileURL\?/],
    ['messageAttributes.tags.100', /./],
    ['messageAttributes.metaData.', /./],
    ['messageAttributes.metaData.__proto__', /./],
    ['saveMessageRequestList', /./],
  ] as const) {
    assert.throws(() => mappingWith({ rules: { [key]: 'A' } }), RULE_ERROR('UNKNOWN_REQUEST_FIELD', fix));
  }
});

test('a whole and a part of it cannot both have rules', () => {
  const rules = {
    'messageAttributes.draftAttributes': 'A',
    'messageAttributes.draftAttributes.draftStatus': 'B',
  };
  assert.throws(() => mappingWith({ rules }), RULE_ERROR('CONFLICTING_RULES'));
  const reversed = Object.fromEntries(Object.entries(rules).reverse());
  assert.throws(() => mappingWith({ rules: reversed }), RULE_ERROR('CONFLICTING_RULES'));
});

test('metaData as a whole and single names of it go together, in the order of names; the single names win', () => {
  const rules = {
    'messageAttributes.metaData.b': 'B',
    'messageAttributes.metaData': { from: 'All', json: true },
    'messageAttributes.metaData.x.y': 'Y',
  };
  for (const order of [rules, Object.fromEntries(Object.entries(rules).reverse())]) {
    const mapping = mappingWith({ rules: order });
    const metaDataOf = (fields: Record<string, unknown>) =>
      JSON.stringify(messageOf(mapping.map(recordOf(fields))).item.messageAttributes.metaData);
    assert.equal(metaDataOf({ All: '{"c":"1","b":"2"}', B: '3', Y: '4' }), '{"b":"3","c":"1","x.y":"4"}');
    assert.equal(metaDataOf({ All: '{"c":"1","b":"2"}' }), '{"b":"2","c":"1"}');
    assert.equal(metaDataOf({ B: '3' }), '{"b":"3"}');
    assert.equal(metaDataOf({}), undefined);
    assert.deepEqual(faultsOf(mapping.map(recordOf({ All: '[1]', B: '3' }))), [
      'messageAttributes.metaData WRONG_TYPE',
    ]);
  }
});

test('constants that the API refuses are refused before the first record', () => {
  for (const [key, rule, fix] of [
    ['messageAttributes.type', { value: 'Outgoing' }, /OUTGOING/],
    ['messageAttributes.type', { from: 'A', map: { in: 'INCOMMING' } }, /INCOMING/],
    ['messageAttributes.type', { from: 'A', map: { in: 'INCOMING' }, otherwise: 'NOTES' }, /NOTE/],
    ['messageAttributes.isManual', { from: 'A', default: 'maybe' }, /./],
    ['messageAttributes.attachments.0', { value: { fileUrl: 'x' } }, /fileURL/],
    ['voiceCallAttributes.callDateTime', { value: '2024-03-01' }, /time/],
  ] as const) {
    assert.throws(() => mappingWith({ rules: { [key]: rule } }), RULE_ERROR('BAD_CONSTANT', fix));
  }
});

test('parts that make no sense together are refused', () => {
  assert.throws(() => subject({ hash: ['A'] }), RULE_ERROR('HASH_MISPLACED'));
  assert.throws(() => subject({ from: 'A', otherwise: 'x' }), RULE_ERROR('OTHERWISE_MISPLACED'));
  assert.throws(() => subject({ from: 'A', noteDocument: true }), RULE_ERROR('NOTE_DOCUMENT_MISPLACED'));
  assert.throws(
    () => mappingWith({ rules: { sourceUuid: { hash: ['A'], trim: true } } }),
    RULE_ERROR('HASH_MISPLACED'),
  );
});

test('a mapping without the rules that every message needs is refused, all of them named', () => {
  const rules = { customerUuid: undefined, sentOn: undefined, 'messageAttributes.type': undefined };
  assert.throws(() => mappingWith({ rules }), {
    code: 'MISSING_RULE',
    message: /customerUuid, messageAttributes\.type, sentOn or receivedOn/,
  });
});

test('a nested value where one is wanted rejects', () => {
  assert.deepEqual(subjectFaults('A', { A: { b: 1 } }), ['messageAttributes.subject WRONG_TYPE']);
  assert.deepEqual(subjectFaults({ from: 'A', map: { b: 'c' } }, { A: { b: 1 } }), [
    'messageAttributes.subject WRONG_TYPE',
  ]);
  const mapping = mappingWith({ rules: { customerUuid: 'A', sourceUuid: 'A' } });
  assert.deepEqual(faultsOf(mapping.map(recordOf({ A: { b: 1 } }))), [
    'sourceUuid WRONG_TYPE',
    'customerUuid WRONG_TYPE',
  ]);
});

test('errors name the column and never hold the cell', () => {
  const rules = {
    'messageAttributes.subject': { from: 'Secret', map: { a: 'b' } },
    sentOn: { from: 'When', time: { formats: ['iso'] } },
  };
  const { errors } = rejectOf(
    mappingWith({ rules }).map(recordOf({ Secret: 'hush-hush', When: 'hush-hush too' })),
  );
  assert.equal(errors.length, 2);
  assert.match(errors.find(({ code }) => code === 'NOT_MAPPED')?.message ?? '', /^"Secret": /);
  assert.ok(!JSON.stringify(errors).includes('hush'));
});
