import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SURPRISES } from '../../src/evidence/evidence.ts';
import { linesOf } from '../../src/evidence/lines.ts';
import {
  archiveLine,
  archiveOf,
  callbackShapes,
  eventLine,
  RECEIVED_AT,
  readAll,
  saveResult,
} from '../support/archived-deliveries.ts';

const callback = (id: string, code?: string) => archiveLine('historical-callback', saveResult(id, code));

test('every line is read in order, with its place and time', async () => {
  const read = await readAll(
    archiveOf(`${callback('a')}\n\n${eventLine('m-b')}\r\n${callback('c', 'E1')}\n`),
  );
  const pieces = read.flatMap(({ evidence }) => evidence);
  const receivedAtMs = Date.parse(RECEIVED_AT);
  const nothing = { code: null, error: null };
  const at = (line: number) => ({ receivedAtMs, position: { file: 'a.ndjson', line } });
  assert.deepEqual(pieces, [
    { kind: 'stored', sourceUuid: 'a', messageUuid: 'm-a', ...nothing, ...at(1) },
    { kind: 'seen', sourceUuid: null, messageUuid: 'm-b', ...nothing, ...at(3) },
    { kind: 'failed', sourceUuid: 'c', messageUuid: 'm-c', code: 'E1', error: 'because', ...at(4) },
  ]);
  assert.deepEqual(
    read.map(({ surprise }) => surprise),
    [null, null, null],
  );
});

test('an event’s payload may be an object, as it is documented', async () => {
  const line = archiveLine('message-event', { id: 'e', payload: { messageDTO: { uuid: 'm-1' } } });
  const [read] = await readAll(archiveOf(`${line}\n`));
  assert.equal(read?.evidence[0]?.messageUuid, 'm-1');
});

test('a callback without a body is read from its query', async () => {
  const line = archiveLine('historical-callback', '', { query: 'sourceUuid=a%20b&status=SUCCESS' });
  const [read] = await readAll(archiveOf(`${line}\n`));
  assert.deepEqual([read?.evidence[0]?.kind, read?.evidence[0]?.sourceUuid], ['stored', 'a b']);
});

const SURPRISING: readonly [string, string, keyof typeof SURPRISES][] = [
  ['no JSON', '{"receivedAt":', 'NOT_A_DELIVERY'],
  ['other JSON', '{"hello":"world"}', 'NOT_A_DELIVERY'],
  ['a time that is none', archiveLine('message-event', '{}', { receivedAt: 'yesterday' }), 'NOT_A_DELIVERY'],
  [
    'a body that is not UTF-8',
    '{"receivedAt":"2025-06-15T16:06:40.000Z","kind":"message-event","bodyBase64":"/w=="}',
    'NOT_TEXT',
  ],
  [
    'a body of another type',
    '{"receivedAt":"2025-06-15T16:06:40.000Z","kind":"message-event","bodyBase64":"/w==","body":5,"query":6}',
    'NOT_TEXT',
  ],
  ['a body that is a page', archiveLine('historical-callback', '<html>'), 'NOT_JSON'],
  ['an empty body', archiveLine('historical-callback', ''), 'NOT_JSON'],
  ['a callback that names nobody', archiveLine('historical-callback', '{"ok":true}'), 'NAMES_NO_MESSAGE'],
  ['an event without a message', archiveLine('message-event', '{"payload":"{}"}'), 'NAMES_NO_MESSAGE'],
];
for (const [title, line, surprise] of SURPRISING) {
  test(`${title} is passed over as ${surprise}, and the lines after it are read`, async () => {
    const read = await readAll(archiveOf(`${line}\n${callback('a')}\n`));
    assert.deepEqual(
      read.map((one) => one.surprise),
      [surprise, null],
    );
    assert.deepEqual(
      read.map(({ evidence }) => evidence.length),
      [0, 1],
    );
  });
}

test('a torn last line is told from rubbish; a whole one counts without its line end', async () => {
  const torn = await readAll(archiveOf(`${callback('a')}\n${callback('b').slice(0, -9)}`));
  assert.deepEqual(
    torn.map(({ surprise }) => surprise),
    [null, 'TORN_LINE'],
  );
  const whole = await readAll(archiveOf(`${callback('a')}\n${callback('b')}`));
  assert.deepEqual(
    whole.map(({ surprise }) => surprise),
    [null, null],
  );
});

test('a line without end is not held', async () => {
  async function* chunks() {
    yield Buffer.from('before\n');
    for (let i = 0; i < 100; i++) yield Buffer.alloc(1_000, 'x');
    yield Buffer.from('\nafter\n');
    for (let i = 0; i < 100; i++) yield Buffer.alloc(1_000, 'y');
  }
  const lines = await Array.fromAsync(linesOf(chunks(), 10_000));
  assert.deepEqual(lines, [
    { number: 1, text: 'before', isEnded: true },
    { number: 2, text: null, isEnded: true },
    { number: 3, text: 'after', isEnded: true },
    { number: 4, text: null, isEnded: false },
  ]);
});

test('kinds that cannot speak of the stream’s messages say nothing', async () => {
  const status = { status: 'SENT', callbackMetaData: { backhaulSourceUuid: 'a' } };
  const content = `${callback('a')}\n${eventLine('m', { deliveryStatus: 'sent' })}\n${archiveLine('text-callback', status)}\n`;
  for (const [destination, pieces] of [
    ['mykaarma-historical', [1, 1, 0]],
    ['mykaarma-text', [0, 1, 1]],
    ['kaleyra-whatsapp', [0, 0, 0]],
  ] as const) {
    const read = await readAll(archiveOf(content, { destination }));
    assert.deepEqual(
      read.map(({ evidence }) => evidence.length),
      pieces,
      destination,
    );
    assert.deepEqual(
      read.map(({ surprise }) => surprise),
      [null, null, null],
    );
  }
});

for (const [title, rest, said] of [
  ['sent', { deliveryStatus: 'sent' }, 'seen'],
  ['not delivered', { deliveryStatus: 'undelivered' }, 'failed UNDELIVERED'],
  ['failed, in words', { deliveryStatus: 'sent', twilioDeliveryFailureMessage: 'landline' }, 'failed'],
  ['only there', { deliveryStatus: null }, 'nothing'],
  ['on its way', { deliveryStatus: 'queued' }, 'nothing'],
] as const) {
  test(`an event tells of a text by its delivery status: ${title}`, async () => {
    const archive = archiveOf(`${eventLine('m', rest)}\n`, { destination: 'mykaarma-text' });
    const [piece] = (await readAll(archive)).flatMap(({ evidence }) => evidence);
    const told = piece === undefined ? 'nothing' : `${piece.kind} ${piece.code?.toUpperCase() ?? ''}`;
    assert.ok(told.startsWith(said), told);
    const [ofHistory] = (await readAll(archiveOf(`${eventLine('m', rest)}\n`))).flatMap(
      (one) => one.evidence,
    );
    assert.equal(ofHistory?.kind, 'seen', 'history is there, whatever became of it then');
  });
}

test('property: lines are those of the text, however it is cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[a-zé🙂]{0,9}$/u)),
      fc.integer({ min: 1, max: 9 }),
      async (lines, size) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        async function* chunks() {
          for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
        }
        const read = await Array.fromAsync(linesOf(chunks()));
        assert.deepEqual(
          read.map(({ text }) => text),
          lines,
        );
        assert.deepEqual(
          read.map(({ number }) => number),
          lines.map((_, index) => index + 1),
        );
      },
    ),
  );
});

test('property: whatever an archive holds, it is read to its end; what says nothing has a reason', async () => {
  const kind = fc.constantFrom('message-event', 'historical-callback', 'other');
  const line = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((json) => Buffer.from(json)),
    fc
      .record(
        {
          receivedAt: fc.oneof(fc.constant(RECEIVED_AT), fc.jsonValue()),
          kind,
          body: fc.oneof(
            fc.json(),
            fc.string(),
            fc.jsonValue(),
            fc.constant(JSON.stringify(saveResult('a'))),
          ),
          bodyBase64: fc.oneof(fc.string(), fc.jsonValue()),
          query: fc.oneof(fc.webQueryParameters(), fc.jsonValue()),
        },
        { requiredKeys: ['receivedAt', 'kind'] },
      )
      .map((value) => Buffer.from(JSON.stringify(value))),
  );
  const shapes = callbackShapes({
    callbacks: { historical: { results: ['', 'a.b'], errors: ['', 'errors'] } },
  });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.boolean(), async (lines, isOdd) => {
      const content = Buffer.concat(lines.flatMap((one) => [one, Buffer.from('\n')]));
      for (const one of await readAll(archiveOf(content, isOdd ? { shapes } : {}))) {
        const isSilent = one.evidence.length + one.undecided === 0;
        assert.equal(one.surprise !== null, isSilent);
        for (const { sourceUuid, messageUuid, receivedAtMs } of one.evidence) {
          assert.ok(sourceUuid !== null || messageUuid !== null);
          assert.ok(Number.isFinite(receivedAtMs));
        }
      }
    }),
    { numRuns: 500 },
  );
});
