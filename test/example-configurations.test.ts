import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXIT } from '../src/exit-codes.ts';
import type { CheckSummary, Summary } from '../src/pipeline/summary.ts';
import { REPOSITORY } from './docs/pages.ts';
import { backhaul } from './support/command-line.ts';
import { simulatorFor } from './support/simulator-client.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

interface StoredItem {
  readonly sourceUuid: string;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly sentOn: string;
  readonly messageAttributes: {
    readonly type: string;
    readonly protocol: string;
    readonly body?: string;
    readonly metaData?: Readonly<Record<string, string>>;
    readonly attachments?: readonly { readonly fileURL: string }[];
  };
  readonly voiceCallAttributes?: Readonly<Record<string, unknown>>;
}

/** Runs an example as its first lines say, against a simulator and a ledger of the test's own. */
async function example(t: TestContext, name: string) {
  const simulator = await simulatorFor(t, { keepBodies: true });
  const flags = [
    ...[
      '-c',
      join('examples', name),
      '--ledger',
      join(temporaryDirectory(t), 'ledger.db'),
      '--json',
      '--quiet',
    ],
    ...['--set', `destination.baseUrl=${simulator.baseUrl}`, '--set', 'delivery.requestsPerSecond=1000'],
  ];
  const run = (command: string, ...words: string[]) =>
    backhaul([command, ...flags, ...words], {
      cwd: REPOSITORY,
      env: { SIMULATOR_USERNAME: 'simulator', SIMULATOR_PASSWORD: 'simulator' },
    });
  const stored = () =>
    [...simulator.stored()]
      .map(({ item = '', departmentUuid, customerUuid }): StoredItem => {
        return { ...JSON.parse(item), departmentUuid, customerUuid };
      })
      .sort((one, other) => (one.sentOn < other.sentOn ? -1 : 1));
  return { run, stored, simulator };
}

test('archived message events become messages, the newest version of each', async (t) => {
  const { run, stored, simulator } = await example(t, 'message-events.jsonc');

  const { exitCode, json, stderr } = await run('run');

  assert.equal(exitCode, EXIT.incomplete, stderr); // One delivery's payload is not JSON.
  const summary = json<Summary>();
  assert.deepEqual(summary.messages, { accepted: 6, failed: 0, unknown: 0, pending: 0 });
  assert.equal(summary.balanced, true);
  assert.equal(summary.records.rejected, 1);
  assert.equal(summary.skips?.find(({ reason }) => reason === 'superseded')?.count, 1);
  assert.equal(simulator.stats().orderViolations, 0);
  const messages = stored();
  assert.deepEqual(
    messages.map(({ messageAttributes: { type, protocol } }) => `${type} ${protocol}`),
    ['INCOMING TEXT', 'OUTGOING TEXT', 'OUTGOING EMAIL', 'OUTGOING VOICE_CALL', 'NOTE TEXT', 'INCOMING TEXT'],
  );
  const [, answer, email, call, , whatsApp] = messages;
  assert.equal(answer?.messageAttributes.metaData?.deliveryStatus, 'read', 'the version of the next day');
  assert.equal(
    email?.messageAttributes.attachments?.[0]?.fileURL,
    'https://files.example.com/attachments/att_9d2f.pdf',
  );
  assert.equal(call?.voiceCallAttributes?.party2prompt, 'This call is recorded.');
  assert.equal(whatsApp?.messageAttributes.metaData?.channel, 'WHATSAPP');

  const again = (await run('run', '--reread')).json<Summary>();
  assert.equal(again.records.conflicts, 0);
  assert.equal(again.requests.sent, 0);
});

test('a Kaleyra report becomes texts of the customer at the other end', async (t) => {
  const { run, stored } = await example(t, 'kaleyra-report.jsonc');

  const { exitCode, json, stderr } = await run('run');

  assert.equal(exitCode, EXIT.incomplete, stderr); // A picture without words, a stranger, an unknown direction.
  const { messages, records, skips } = json<Summary>();
  assert.deepEqual(messages, { accepted: 6, failed: 0, unknown: 0, pending: 0 });
  assert.deepEqual([records.rejected, records.replaced], [3, 1]);
  assert.deepEqual(skips, [{ reason: 'the send failed', count: 1 }]);
  const [mara, , ida] = ['Kf3n', 'Vd9h', 'Yc6j'].map((beginning) =>
    stored().filter(({ customerUuid }) => customerUuid.startsWith(beginning)),
  );
  assert.deepEqual(
    mara?.map(({ messageAttributes: { type, body } }) => [type, body]),
    [
      ['OUTGOING', 'Hi Mara, your visit is tomorrow at 9:00.\nReply 1 to confirm.'],
      ['INCOMING', '1'],
    ],
  );
  for (const { messageAttributes } of stored()) {
    assert.equal(messageAttributes.protocol, 'TEXT');
    assert.equal(messageAttributes.metaData?.channel, 'WHATSAPP');
  }
  assert.equal(
    ida?.[0]?.messageAttributes.metaData?.seenAt,
    '2025-09-27T07:12:00.000Z',
    'of the later report',
  );
  assert.equal(new Set(stored().map(({ departmentUuid }) => departmentUuid)).size, 2);
});

test('a log of Kaleyra requests becomes the texts that were sent', async (t) => {
  const { run, stored } = await example(t, 'kaleyra-log.jsonc');

  const { exitCode, json, stderr } = await run('run');

  assert.equal(exitCode, EXIT.incomplete, stderr); // Nobody knows what became of one request.
  const { messages, records, skips } = json<Summary>();
  assert.deepEqual(messages, { accepted: 4, failed: 0, unknown: 0, pending: 0 });
  assert.deepEqual([records.read, records.rejected], [6, 1]);
  assert.deepEqual(skips, [{ reason: 'the send failed', count: 1 }]);
  assert.deepEqual(
    stored().map(({ messageAttributes: { body } }) => body),
    [
      'Your car is ready. 🚗',
      'We close at noon today.',
      'We close at noon today.',
      'Your invoice is in your mail.',
    ],
  );
});

test('check shows what codes are taken for, with numbers masked', async (t) => {
  const { run } = await example(t, 'kaleyra-report.jsonc');
  const { codes } = (await run('check')).json<CheckSummary>();
  assert.deepEqual(codes?.[0], {
    field: 'messageAttributes.type',
    code: 'false',
    meaning: 'OUTGOING',
    count: 5,
    examples: [
      { from: '…0100', to: '…0142' },
      { from: '…0100', to: '…0157' },
      { from: '…0100', to: '…0163' },
    ],
  });
});

for (const name of ['message-events.jsonc', 'kaleyra-report.jsonc', 'kaleyra-log.jsonc']) {
  test(`${name} can be rehearsed without anything else`, async () => {
    const words = ['rehearse', '-c', join('examples', name), '--json', '--quiet', '--fault', 'none'];
    const { json } = await backhaul(words, { cwd: REPOSITORY });
    assert.ok(json<Summary>().messages.accepted >= 4);
  });
}
