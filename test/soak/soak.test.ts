import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SOAK = fileURLToPath(new URL('../../scripts/soak.ts', import.meta.url));

test('a soak that is interrupted leaves neither servers nor files', async (t) => {
  const directory = temporaryDirectory(t);
  const soak = spawn(process.execPath, [SOAK, '--only', 'import', '--seed', '1'], {
    env: { ...process.env, TMPDIR: directory },
    stdio: 'ignore',
  });
  t.after(() => soak.kill('SIGKILL'));
  const places = () => readdirSync(directory, { recursive: true, encoding: 'utf8' });
  while (!places().some((name) => name.endsWith('backhaul.db'))) await delay(20);
  const config = places().find((name) => name.endsWith('pipeline.config.json')) ?? '';
  const { destination } = JSON.parse(readFileSync(join(directory, config), 'utf8')) as {
    destination: { baseUrl: string };
  };
  await (await fetch(destination.baseUrl)).text();

  soak.kill('SIGINT');

  assert.deepEqual(await once(soak, 'exit'), [130, null]);
  assert.deepEqual(readdirSync(directory), []);
  await assert.rejects(fetch(destination.baseUrl), 'its server is gone');
});
