import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { createWritingLoad } from '../../src/ledger/writing-load.ts';

/** A thread whose time passes by what it does. */
function scene() {
  let nowMs = 0;
  let idleMs = 0;
  const load = createWritingLoad({ now: () => nowMs, idle: () => idleMs });
  return {
    load,
    write: (ms: number) =>
      load.spend(() => {
        nowMs += ms;
      }),
    readFor: (ms: number) => {
      nowMs += ms;
    },
    restFor: (ms: number) => {
      nowMs += ms;
      idleMs += ms;
    },
  };
}

const MS = fc.integer({ min: 0, max: 50 });

suite('writing load', () => {
  test('without a rest it is all the time that writing took, whatever else was done', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(MS, MS)), (turns) => {
        const { load, write, readFor } = scene();
        for (const [writing, reading] of turns) {
          write(writing);
          readFor(reading);
        }
        assert.equal(
          load.ms,
          turns.reduce((sum, [writing]) => sum + writing, 0),
        );
      }),
    );
  });

  test('where each rest is at least as long as the writing before it, it is never more than one writing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(MS, MS)), (turns) => {
        const { load, write, restFor } = scene();
        for (const [writing, more] of turns) {
          write(writing);
          assert.equal(load.ms, writing);
          restFor(writing + more);
        }
      }),
    );
  });

  test('what was rested before does not count against what is written later', () => {
    const { load, write, restFor } = scene();
    restFor(1_000);
    write(10);
    write(10);
    assert.equal(load.ms, 20);
    load.reset();
    assert.equal(load.ms, 0);
  });

  test('counts what fails, too, and gives what is written', () => {
    const { load, readFor } = scene();
    const fail = () => {
      readFor(5);
      throw new Error('full');
    };
    assert.throws(() => load.spend(fail), { message: 'full' });
    assert.equal(load.ms, 5);
    assert.equal(
      load.spend(() => 'written'),
      'written',
    );
  });

  test('of the thread that it is made in, where nothing else is told', async () => {
    const load = createWritingLoad();
    const spin = (ms: number) => {
      for (const end = performance.now() + ms; performance.now() < end; );
    };
    load.spend(() => spin(20));
    assert.ok(load.ms >= 20);
    await new Promise((resolve) => setTimeout(resolve, 200));
    load.spend(() => {});
    assert.ok(load.ms < 20);
  });
});
