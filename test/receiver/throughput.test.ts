import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startListener, writeListenerConfig } from '../support/listener-process.ts';
import { archived } from '../support/receiver.ts';
import { realisticEvents, sendEvents } from '../support/sender-load.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const soak = process.env.BACKHAUL_SOAK === '1';

test('500 deliveries a second are archived and answered, each well within 5 seconds', {
  skip: soak ? false : 'a figure of this machine: set BACKHAUL_SOAK=1',
}, async (t) => {
  const directory = temporaryDirectory(t);
  writeListenerConfig(directory);
  const listener = await startListener(t, directory);
  for (const connections of [1, 8, 32, 128]) {
    const count = connections === 1 ? 2_000 : 10_000;
    const load = await sendEvents(listener.url, realisticEvents(count, `${connections}`), { connections });
    assert.equal(load.answered.size, count);
    const perSecond = Math.round((count * 1_000) / load.durationMs);
    t.diagnostic(
      `${connections} connections: ${perSecond}/s, slowest answer ${Math.round(load.slowestAnswerMs)} ms`,
    );
    if (connections >= 8) assert.ok(perSecond >= 500, `${perSecond}/s`);
    assert.ok(load.slowestAnswerMs < 2_500);
  }
  assert.equal(await listener.stop('SIGTERM'), 0);
  assert.equal(archived(listener.document.archive).length, 32_000);
});
