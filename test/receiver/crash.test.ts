import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { readArchivedDelivery } from '../../src/receiver/archived-delivery.ts';
import { startListener, writeListenerConfig } from '../support/listener-process.ts';
import { archived, archiveNames } from '../support/receiver.ts';
import { realisticEvents, sendEvents } from '../support/sender-load.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const soak = process.env.BACKHAUL_SOAK === '1';
const DELIVERIES = soak ? 10_000 : 2_000;
const KILLS = soak ? 8 : 3;

suite('kill -9 in the middle of a stream of deliveries', () => {
  test(`of ${DELIVERIES} deliveries none that was answered 2xx is lost; those repeated are archived once`, async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    const archive = join(directory, 'deliveries');
    const all = realisticEvents(DELIVERIES);
    const answered = new Set<string>();
    let storedUnanswered = 0;

    for (let life = 0; life <= KILLS; life++) {
      const listener = await startListener(t, directory);
      const killAt = life === KILLS ? Number.POSITIVE_INFINITY : Math.floor(DELIVERIES / (KILLS + 1));
      let ended: Promise<number | null> | undefined;
      // What was not answered is repeated, as the sender would.
      const waiting = all.filter((body) => !answered.has(body));
      const load = await sendEvents(listener.url, waiting, {
        connections: 32,
        onAnswer(answers) {
          if (answers >= killAt) ended ??= listener.stop('SIGKILL');
        },
      });
      for (const body of load.answered) answered.add(body);
      assert.equal(await (ended ?? listener.stop('SIGTERM')), life === KILLS ? 0 : null);
      const kept = bodiesIn(archive);
      assert.deepEqual([...answered].filter((body) => !kept.has(body)).length, 0, 'answered 2xx and lost');
      if (life < KILLS) {
        assert.ok(answered.size < DELIVERIES, 'the kill came in the middle');
        storedUnanswered += kept.size - answered.size;
        tearNewest(archive);
      }
    }

    assert.equal(answered.size, DELIVERIES);
    const bodies = archived(archive).map(({ body }) => body as string);
    assert.deepEqual(bodies.sort(), [...all].sort());
    t.diagnostic(
      `${KILLS} kills; ${storedUnanswered} deliveries were on the disk, unanswered, at one of them`,
    );
  });
});

/** As a reader sees them while nobody has mended the archives yet. */
function bodiesIn(archive: string): ReadonlySet<string> {
  const lines = archiveNames(archive).flatMap((name) =>
    readFileSync(join(archive, name), 'utf8').split('\n'),
  );
  return new Set(lines.flatMap((line) => readArchivedDelivery(line)?.body ?? []));
}

/** A killed process rarely tears a line; a machine that loses its power does. */
function tearNewest(archive: string): void {
  const newest = archiveNames(archive).at(-1) as string;
  appendFileSync(
    join(archive, newest),
    '{"receivedAt":"2025-04-01T02:30:00.000Z","kind":"message-event","body":"{',
  );
}
