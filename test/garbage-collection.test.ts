import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** In a process of its own: what is set counts for all of it. */
const TUNED = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { tuneGarbageCollection } from ${JSON.stringify(new URL('../src/garbage-collection.ts', import.meta.url).href)};
  tuneGarbageCollection();
  const alive = [];
  for (let count = 0; count < 300_000; count += 1) alive.push({ count });
  const { space_used_size, space_available_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  console.log(Math.round((space_used_size + space_available_size) / 2 ** 20));
`;

test('the young generation has its eight megabytes from the start, and keeps to them however much survives', () => {
  const words = ['--input-type=module', '--eval', TUNED];
  const megabytes = Number(execFileSync(process.execPath, words, { encoding: 'utf8' }));
  // Left alone it is 1 MB at first and 16 MB after so many survivors; pages are counted whole.
  assert.ok(megabytes >= 8 && megabytes < 10, `${megabytes} MB`);
});
