import assert from 'node:assert/strict';
import type { Moment } from './moments.ts';
import type { Place } from './place.ts';

const TRIES_A_KILL = 3;

/** Goes through the moments in random order, again and again. @param attempt tells whether the process was killed */
export async function killRepeatedly(
  { random }: Place,
  kills: number,
  moments: readonly Moment[],
  attempt: (moment: Moment) => Promise<boolean>,
): Promise<void> {
  let queue: Moment[] = [];
  let killed = 0;
  for (let tries = 0; killed < kills; tries += 1) {
    assert.ok(
      tries < kills * TRIES_A_KILL + moments.length,
      `only ${killed} of ${tries} processes could be killed`,
    );
    if (queue.length === 0) queue = random.shuffled(moments);
    if (await attempt(queue.pop() as Moment)) killed += 1;
  }
}
