import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { ArchiveFile } from '../../src/receiver/archive-files.ts';
import { deliveryKey } from '../../src/receiver/delivery.ts';
import { createRepeatMemory } from '../../src/receiver/repeats.ts';
import {
  archived,
  archiveNames,
  CALLBACK_TOKEN,
  deliverCallback,
  deliverEvent,
  eventBody,
  post,
  receiverFor,
} from '../support/receiver.ts';

const STORED = '{"result":"stored"}\n';
const REPEATED = '{"result":"repeated"}\n';

suite('repeats', () => {
  test('a delivery that is archived already is answered 200, and not stored again', async (t) => {
    const receiver = await receiverFor(t);
    for (const expected of [STORED, REPEATED, REPEATED]) {
      const { status, text } = await deliverEvent(receiver, eventBody('a'));
      assert.deepEqual({ status, text }, { status: 200, text: expected });
    }
    assert.equal(archived(receiver.directory).length, 1);
    assert.deepEqual(receiver.counts(), { stored: 1, repeated: 2, refused: 0, unavailable: 0 });
  });

  test('the same id and type with another timestamp, or another body, is an update and stored', async (t) => {
    const receiver = await receiverFor(t);
    const bodies = [
      eventBody('a', { isUpdate: false }, 1),
      eventBody('a', { isUpdate: false }, 2),
      eventBody('a', { isUpdate: true }, 1),
      ` ${eventBody('a', { isUpdate: false }, 1)}`,
    ];
    for (const body of bodies) assert.equal((await deliverEvent(receiver, body)).text, STORED);
    assert.deepEqual(
      archived(receiver.directory).map(({ body }) => body),
      bodies,
    );
  });

  test('the same text to another path, or with another query, is another delivery', async (t) => {
    const receiver = await receiverFor(t);
    const body = eventBody('a');
    assert.equal((await deliverEvent(receiver, body)).text, STORED);
    for (const path of ['text', 'historical', 'text?a=1', 'text?a=2', 'historical?a=1']) {
      assert.equal((await deliverCallback(receiver, path, body)).text, STORED, path);
      assert.equal((await deliverCallback(receiver, path, body)).text, REPEATED, path);
    }
    assert.equal(archived(receiver.directory).length, 6);
  });

  test('a callback is the same whichever of several tokens it comes by', async (t) => {
    const other = 'another-token-of-the-tests';
    const receiver = await receiverFor(t, { callbackTokens: [CALLBACK_TOKEN, other] });
    assert.equal((await deliverCallback(receiver, 'text', 'x')).text, STORED);
    assert.equal((await post(`${receiver.url}/callbacks/${other}/text`, 'x')).text, REPEATED);
  });

  test('they are known after a restart, over several archives, bodies that are not UTF-8 included', async (t) => {
    const first = await receiverFor(t, { maxArchiveFileBytes: 500 });
    const bytes = Buffer.from('ff00fe', 'hex');
    const bodies = Array.from({ length: 10 }, (_, number) => eventBody(`event-${number}`, 'é\u2028"\\'));
    for (const body of bodies) await deliverEvent(first, body);
    await deliverCallback(first, 'text?q', bytes);
    await first.close();
    assert.ok(archiveNames(first.directory).length > 3);
    appendFileSync(
      join(first.directory, archiveNames(first.directory).at(-1) ?? ''),
      '{"receivedAt":"2025-04-0',
    );

    const second = await receiverFor(t, { archiveDirectory: first.directory });
    assert.equal(second.remembered(), 11);
    for (const body of bodies) assert.equal((await deliverEvent(second, body)).text, REPEATED);
    assert.equal((await deliverCallback(second, 'text?q', bytes)).text, REPEATED);
    assert.equal(archived(first.directory).length, 11);
  });

  test('only the newest are kept in mind, before a restart and after it', async (t) => {
    const options = { rememberedDeliveries: 5, maxArchiveFileBytes: 1_000 };
    const first = await receiverFor(t, options);
    for (let number = 0; number < 30; number++) await deliverEvent(first, eventBody(`event-${number}`));
    assert.equal(first.remembered(), 5);
    await first.close();
    const second = await receiverFor(t, { ...options, archiveDirectory: first.directory });
    assert.equal(second.remembered(), 5);
    for (let number = 25; number < 30; number++) {
      assert.equal((await deliverEvent(second, eventBody(`event-${number}`))).text, REPEATED, String(number));
    }
    for (const [number, expected] of [
      [24, STORED],
      [25, STORED], // the oldest had to go
      [29, REPEATED],
      [28, REPEATED],
    ] as const) {
      assert.equal((await deliverEvent(second, eventBody(`event-${number}`))).text, expected, String(number));
    }
  });

  test('a repeat that arrives before the first is on the disk waits for it', async (t) => {
    const disk = holdableDisk();
    const receiver = await receiverFor(t, { wrapFile: disk.wrap });
    disk.hold();
    const answers = [1, 2, 3].map(() => deliverEvent(receiver, eventBody('a')));
    const early = await Promise.race([
      ...answers,
      new Promise((resolve) => setTimeout(resolve, 100, 'none')),
    ]);
    assert.equal(early, 'none');
    disk.release();
    const texts = (await Promise.all(answers)).map(({ text }) => text).sort();
    assert.deepEqual(texts, [REPEATED, REPEATED, STORED]);
    assert.equal(archived(receiver.directory).length, 1);
  });

  test('when the first cannot be stored its repeats are not answered 2xx either, and the next is stored', async (t) => {
    const disk = holdableDisk();
    const receiver = await receiverFor(t, { wrapFile: disk.wrap });
    disk.hold();
    const answers = [1, 2, 3].map(() => deliverEvent(receiver, eventBody('a')));
    await new Promise((resolve) => setTimeout(resolve, 100));
    disk.release('ENOSPC');
    for (const { status, headers, text } of await Promise.all(answers)) {
      assert.equal(status, 503);
      assert.equal(headers.get('retry-after'), '5');
      assert.equal(text, '{"error":"CANNOT_STORE"}\n');
    }
    assert.deepEqual(archived(receiver.directory), []);
    assert.deepEqual(receiver.counts(), { stored: 0, repeated: 0, refused: 0, unavailable: 3 });
    assert.equal((receiver.troubles[0]?.cause as NodeJS.ErrnoException | undefined)?.code, 'ENOSPC');
    assert.equal((await deliverEvent(receiver, eventBody('a'))).text, STORED);
  });

  test('property: the memory holds exactly the newest keys', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }).map(String)),
        fc.integer({ min: 1, max: 10 }),
        (keys, limit) => {
          const memory = createRepeatMemory(limit);
          const model: string[] = [];
          for (const key of keys) {
            memory.add(key);
            if (!model.includes(key)) model.push(key);
            if (model.length > limit) model.shift();
          }
          assert.equal(memory.size(), model.length);
          for (const key of keys) assert.equal(memory.has(key), model.includes(key));
        },
      ),
    );
  });

  test('property: two deliveries have one key exactly when kind, query and body are the same', () => {
    const delivery = fc.record({
      kind: fc.constantFrom('message-event', 'historical-callback', 'text-callback'),
      query: fc.constantFrom('', 'a', 'ab'),
      body: fc.constantFrom('', 'a', 'b', 'ab', '\na', 'a\n').map((text) => Buffer.from(text)),
    });
    fc.assert(
      fc.property(delivery, delivery, (a, b) => {
        const same = a.kind === b.kind && a.query === b.query && a.body.equals(b.body);
        assert.equal(deliveryKey(a) === deliveryKey(b), same);
      }),
    );
  });
});

/** A disk whose next sync waits until it is released, and then succeeds or fails. */
function holdableDisk() {
  let held: Promise<string | undefined> | undefined;
  let release: (code?: string) => void = () => {};
  return {
    hold() {
      held = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: (code?: string) => release(code),
    wrap: (file: ArchiveFile): ArchiveFile => ({
      write: (...given) => file.write(...given),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
      async datasync() {
        const code = await held;
        held = undefined;
        if (code !== undefined) throw Object.assign(new Error(code), { code });
        return file.datasync();
      },
    }),
  };
}
