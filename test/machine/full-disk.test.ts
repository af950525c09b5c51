import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import { startListener, writeListenerConfig } from '../support/listener-process.ts';
import { csvOf, project, rows } from '../support/project.ts';
import { eventBody, eventHeaders } from '../support/receiver.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { assertTold } from '../support/told.ts';
import { until } from '../support/until.ts';
import { noVolumes, volumeAt } from '../support/volume.ts';

/** Batches of five; where several are in flight, that many may have to be sent again. */
const DELIVERY = { maxBatchMessages: 5, requestsPerSecond: 40, concurrency: 2 };
const IN_FLIGHT_MESSAGES = DELIVERY.maxBatchMessages * DELIVERY.concurrency;

/** A project whose ledger lies on a volume of its own. */
async function onVolume(t: TestContext, size: string) {
  const ours = await project(t, { config: { ledger: { path: 'disk/ledger.db' } }, delivery: DELIVERY });
  const volume = await volumeAt(t, join(ours.directory, 'disk'), `size=${size}`);
  const { launcher } = volume;
  return {
    ...ours,
    volume,
    backhaul: (words: string, env: Record<string, string> = {}) => ours.backhaul(words, { launcher, env }),
    start: (words: string) => ours.start(words, { launcher }),
  };
}

suite('a full disk', { skip: noVolumes }, () => {
  test('while staging: exit 6, a sound ledger, and with room again the next run finishes', async (t) => {
    const { backhaul, write, volume, simulator } = await onVolume(t, '1m');
    write('export.csv', csvOf(rows(1000)));

    assertTold(await backhaul('run --json'), 6, 'LEDGER_FULL');
    assert.equal((await backhaul('ledger check')).exitCode, 0);
    assert.equal(simulator.stats().stored, 0, 'nothing is sent before everything is staged');

    volume.remount('size=64m');
    const { exitCode, json } = await backhaul(
      'run --json --set delivery.maxBatchMessages=50 --set delivery.requestsPerSecond=1000',
    );
    assert.equal(exitCode, 0);
    const { balanced, records, messages } = json<Summary>();
    assert.deepEqual([balanced, records.read, messages.accepted], [true, 1000, 1000]);
    assert.deepEqual([simulator.stats().stored, simulator.stats().resubmitted], [1000, 0]);
  });

  test('while settling: exit 6, and only what was in flight is sent again', async (t) => {
    const { backhaul, start, write, volume, simulator } = await onVolume(t, '24m');
    write('export.csv', csvOf(rows(400)));
    const run = start('run --json');
    await until(() => simulator.stats().requests >= 3);
    volume.fill();
    assertTold(await run.result, 6, 'LEDGER_FULL');
    const stored = simulator.stats().stored;
    assert.ok(stored < 400);

    // Nothing half-written that looks whole, and nobody blamed for a defect.
    for (const words of ['run', 'ledger vacuum']) {
      assertTold(await backhaul(`${words} --json`), 6, 'LEDGER_FULL');
    }
    assertTold(await backhaul('export --state pending -o disk/pending.csv'), 2, 'OUTPUT_UNWRITABLE');
    assert.doesNotMatch(volume.shell('ls -A'), /pending/);
    const status = (await backhaul('status --json')).json<{ messages: Summary['messages'] }>();
    assert.ok(status.messages.accepted <= stored);

    volume.clear();
    const { exitCode, json } = await backhaul('run --json --set delivery.requestsPerSecond=1000');
    assert.equal(exitCode, 0);
    const { balanced, messages } = json<Summary>();
    assert.deepEqual([balanced, messages.accepted], [true, 400]);
    assert.equal(simulator.stats().stored, 400);
    assert.ok(simulator.stats().resubmitted <= IN_FLIGHT_MESSAGES, `${simulator.stats().resubmitted}`);
    assert.equal((await backhaul('ledger check')).exitCode, 0);
  });

  test('of temporary files: check says so, and the ledger is not to blame', async (t) => {
    const { backhaul, write, volume } = await onVolume(t, '256k');
    write('export.csv', csvOf(rows(3000)));
    const onDisk = { TMPDIR: volume.directory, SQLITE_TMPDIR: volume.directory };
    assertTold(await backhaul('check --json --ledger elsewhere.db', onDisk), 2, 'TEMPORARY_SPACE_UNUSABLE');
    const nowhere = { TMPDIR: join(volume.directory, 'nowhere') };
    for (const words of ['check', 'rehearse']) {
      assertTold(await backhaul(`${words} --json`, nowhere), 2, 'TEMPORARY_SPACE_UNUSABLE');
    }
  });

  test('of archives: no delivery is answered 2xx that is not kept, and with room again they are', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    const volume = await volumeAt(t, join(directory, 'disk'), 'size=256k');
    const listener = await startListener(t, directory, ['--archive', 'disk'], volume.launcher);
    const deliver = async (id: string) => {
      const body = eventBody(id);
      const url = listener.document.urls.events as string;
      return (await fetch(url, { method: 'POST', body, headers: eventHeaders(body) })).status;
    };
    assert.equal(await deliver('before'), 200);
    volume.fill();
    const statuses = await Promise.all(Array.from({ length: 40 }, (_, index) => deliver(`full-${index}`)));
    assert.ok(statuses.includes(503), `${statuses}`);
    volume.clear();
    assert.equal(await deliver('after'), 200);
    assert.equal(await listener.stop('SIGTERM'), 0);

    const kept = volume
      .shell('cat *.ndjson')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(JSON.parse(line).body) as { id: string }).id);
    const answered = statuses.flatMap((status, index) => (status === 200 ? [`full-${index}`] : []));
    assert.deepEqual(kept.toSorted(), ['before', ...answered, 'after'].toSorted());
  });
});
