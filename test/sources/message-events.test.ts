import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { archiveLine } from '../../src/receiver/delivery.ts';
import { createSource } from '../../src/sources/create-source.ts';
import type { SourceInput } from '../../src/sources/source.ts';
import { plainFields, readFileAs, readInput, sourceConfig } from '../support/source-reading.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PAYLOAD = { isUpdate: false, messageDTO: { uuid: 'message-1', messageType: 'S' } };
const ENVELOPE = { id: 'event-1', timestamp: 1728542293678, type: 'messages', payload: PAYLOAD };

const delivered = (envelope: object = ENVELOPE) => {
  const { payload, ...rest } = envelope as typeof ENVELOPE;
  return JSON.stringify({ ...rest, payload: JSON.stringify(payload) });
};

const archived = (
  body: string | Buffer,
  kind: 'message-event' | 'historical-callback' | 'text-callback' = 'message-event',
) => archiveLine({ kind, query: '', body: Buffer.from(body as string) }, 0).toString();

async function read(t: TestContext, content: string | Buffer, name = 'events.ndjson') {
  const path = join(temporaryDirectory(t), name);
  writeFileSync(path, content);
  return readFileAs(path, { format: 'message-events' });
}

async function fieldsOf(t: TestContext, content: string) {
  return (await read(t, content)).records.map(plainFields);
}

for (const [form, content] of Object.entries({
  'NDJSON, payload as text': `${delivered()}\n`,
  'NDJSON, payload as an object': JSON.stringify(ENVELOPE),
  'a JSON array': `[${delivered()}]`,
  'an indented JSON array': JSON.stringify([ENVELOPE], null, 2),
  'one indented delivery, as the reference prints it': JSON.stringify(ENVELOPE, null, 2),
  'an archive of listen': archived(delivered()),
  'an archive of listen, payload as an object': archived(JSON.stringify(ENVELOPE)),
})) {
  test(`the record is the envelope with its payload parsed: ${form}`, async (t) => {
    assert.deepEqual(await fieldsOf(t, content), [ENVELOPE]);
  });
}

test('a delivery inside a document is found by its path', async (t) => {
  const path = join(temporaryDirectory(t), 'events.json');
  writeFileSync(path, JSON.stringify({ data: { events: [ENVELOPE] } }));
  const { records } = await readFileAs(path, { format: 'message-events', json: { path: 'data.events' } });
  assert.deepEqual(records.map(plainFields), [ENVELOPE]);
});

test('fields have no prototype, and a record stands where its line begins', async (t) => {
  const { records } = await read(t, `\n${archived(delivered())}\n${delivered()}\n`);
  assert.deepEqual(
    records.map(({ position }) => [position.line, position.index]),
    [
      [2, 0],
      [4, 1],
    ],
  );
  for (const { fields } of records) assert.equal(Object.getPrototypeOf(fields), null);
});

test('voiceCallDTO is taken from inside messageDTO and from beside it, and the one beside counts', async (t) => {
  const inside = { ...ENVELOPE, payload: { messageDTO: { uuid: 'm', voiceCallDTO: { duration: 1 } } } };
  const beside = { ...ENVELOPE, payload: { messageDTO: { uuid: 'm' }, voiceCallDTO: { duration: 1 } } };
  const none = { ...ENVELOPE, payload: { messageDTO: { uuid: 'm', voiceCallDTO: null } } };
  const both = {
    ...ENVELOPE,
    payload: { messageDTO: { uuid: 'm', voiceCallDTO: { duration: 2 } }, voiceCallDTO: { duration: 1 } },
  };
  const records = await fieldsOf(t, [inside, beside, none, both].map((one) => delivered(one)).join('\n'));
  assert.deepEqual(records, [
    beside,
    beside,
    { ...none, payload: { messageDTO: { uuid: 'm' }, voiceCallDTO: null } },
    both,
  ]);
});

test('integers keep every digit, in the envelope and inside the payload', async (t) => {
  const big = '12345678901234567890';
  const content = `{"id":${big},"payload":${JSON.stringify(`{"messageDTO":{"id":${big}}}`)}}\n`;
  const expected = { id: big, payload: { messageDTO: { id: big } } };
  assert.deepEqual(await fieldsOf(t, content), [expected]);
  assert.deepEqual(await fieldsOf(t, archived(content.trim())), [expected]);
});

test('a payload that is not the JSON text of an object is a rejected record; those around it are read', async (t) => {
  const broken = ['{"messageDTO":', '[1]', '"text"', 'null', ''].map((payload) =>
    JSON.stringify({ ...ENVELOPE, payload }),
  );
  const { records } = await read(t, [delivered(), ...broken, delivered()].join('\n'));
  assert.deepEqual(
    records.map(({ problems }) => problems?.map(({ field, code }) => `${field} ${code}`)),
    [undefined, ...broken.map(() => ['payload INVALID_JSON']), undefined],
  );
});

test('archived callbacks are passed over, and told apart', async (t) => {
  const { records } = await read(
    t,
    archived('{"any":"thing"}', 'historical-callback') +
      archived('no JSON', 'text-callback') +
      '{"receivedAt":"2025-01-01T00:00:00.000Z","kind":"something new","body":"x"}\n',
  );
  assert.deepEqual(
    records.map(({ passedOver, problems }) => [passedOver, problems]),
    [
      ['no message event: historical-callback', undefined],
      ['no message event: text-callback', undefined],
      ['no message event: of another kind', undefined],
    ],
  );
});

test('an archived event whose body is not JSON, or not text, is a rejected record', async (t) => {
  const { records } = await read(t, archived('{"id":') + archived(Buffer.from([0xff, 0xfe]) as Buffer));
  assert.deepEqual(
    records.map(({ problems }) => problems?.map(({ field, code }) => `${field} ${code}`)),
    [['body INVALID_JSON'], ['bodyBase64 INVALID_ENCODING']],
  );
});

test('property: wherever a crash tore the last line of an archive, the deliveries before it are read and nothing is rejected', async (t) => {
  const whole = archived(delivered());
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 3 }), async (length) => {
      const { records } = await read(t, whole + whole.slice(0, length));
      assert.deepEqual(
        records.map(({ problems, passedOver }) => [problems, passedOver]),
        [
          [undefined, undefined],
          [undefined, 'an unfinished last line'],
        ],
      );
    }),
    { numRuns: 30 },
  );
});

test('a broken line in the middle, or of an archive that listen did not write, is rejected', async (t) => {
  const torn = archived(delivered()).slice(0, 60);
  for (const content of [`${torn}\n${delivered()}\n`, `${delivered()}\n${delivered().slice(0, 40)}`]) {
    const { records } = await read(t, content);
    assert.deepEqual(
      records.flatMap(({ problems = [] }) => problems.map(({ code }) => code)),
      ['INVALID_JSON'],
    );
  }
});

test('a rejected delivery that was corrected in an export file is read like any other', async (t) => {
  const row = (fields: object) =>
    JSON.stringify({ ...fields, _state: 'rejected', _file: 'events.ndjson', _line: 7 });
  const { records } = await read(
    t,
    [
      row({ ...ENVELOPE, payload: JSON.stringify(PAYLOAD) }),
      row({ receivedAt: '2025-01-01T00:00:00.000Z', kind: 'message-event', body: delivered() }),
      row(ENVELOPE),
    ].join('\n'),
  );
  assert.deepEqual(records.map(plainFields), [ENVELOPE, ENVELOPE, ENVELOPE]);
  assert.deepEqual(
    records.map(({ origin }) => origin?.line),
    [7, 7, 7],
  );
});

test('an archive of listen that grows while it is read is read as far as it was when the run began', async (t) => {
  const whole = archived(delivered());
  for (const grownBy of [whole, whole.slice(0, 50)]) {
    const directory = temporaryDirectory(t);
    const path = join(directory, 'events-20250927-0001.ndjson');
    writeFileSync(path, whole + whole.slice(0, 70));
    const source = createSource(sourceConfig({ format: 'message-events', files: ['*.ndjson'] }), {
      baseDirectory: directory,
    });
    const [input] = await source.inputs();
    appendFileSync(path, grownBy);
    const digest = await input?.digest();
    appendFileSync(path, grownBy);
    assert.equal(
      digest,
      createHash('sha256')
        .update(whole + whole.slice(0, 70))
        .digest('hex'),
    );
    const { records, damage } = await readInput(input as SourceInput);
    assert.deepEqual(
      records.map(({ problems, passedOver }) => [problems, passedOver]),
      [
        [undefined, undefined],
        [undefined, 'an unfinished last line'],
      ],
    );
    assert.equal(damage, null);
  }
});

test('an empty archive holds nothing', async (t) => {
  const { records, damage } = await read(t, '');
  assert.deepEqual([records.length, damage], [0, null]);
});

test('every documented field of a delivery is read as it stands', async (t) => {
  const sample = readFileSync(new URL('../../fixtures/events/every-field.json', import.meta.url), 'utf8');
  const [fields] = await fieldsOf(t, sample);
  assert.deepEqual(fields, JSON.parse(sample.replace('900071992547409931', '"900071992547409931"')));
});
