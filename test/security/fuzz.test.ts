import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../scripts/fuzz.ts', import.meta.url));

test('damaged input of every kind ends in a result or a documented error, in bounded time and memory', () => {
  const flags = ['--seed', '1', '--cases', '400', '--seconds', '8'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...flags], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^seed 1: \d{2,} cases, 0 findings\n$/);
});
