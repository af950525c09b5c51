import assert from 'node:assert/strict';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { csvOf, project, rows } from '../support/project.ts';

interface Verdict {
  readonly ledger: string;
  readonly ok: boolean;
  readonly findings: readonly { readonly code: string; readonly message: string }[];
}

test('a sound ledger is exit 0', async (t) => {
  const { backhaul, write, directory } = await project(t);
  write('export.csv', csvOf(rows(5)));
  await backhaul('run --quiet');
  const path = join(directory, 'backhaul.db');
  const { exitCode, json } = await backhaul('ledger check --json');
  assert.equal(exitCode, 0);
  assert.deepEqual(json<Verdict>(), { ledger: path, ok: true, findings: [] });
  assert.equal((await backhaul('ledger check')).stdout, 'The ledger is sound.\n');
});

test('a damaged ledger is exit 6, with what was found', async (t) => {
  const { backhaul, write, directory } = await project(t);
  write('export.csv', csvOf(rows(2000)));
  await backhaul('run --quiet --limit 1');
  const path = join(directory, 'backhaul.db');
  const file = openSync(path, 'r+');
  for (let at = 40_960; at < statSync(path).size; at += 8_192)
    writeSync(file, Buffer.alloc(512, 0xa5), 0, 512, at);
  closeSync(file);
  const { exitCode, stdout, stderr } = await backhaul('ledger check --json');
  assert.equal(exitCode, 6, stderr);
  const document = JSON.parse(stdout) as Verdict | { error: { code: string } };
  assert.ok('error' in document || (!document.ok && document.findings.length > 0));
  assert.doesNotMatch(stderr, /^\s+at /m);
});

test('a ledger that is not there is exit 2', async (t) => {
  const { backhaul } = await project(t);
  const { exitCode, stderr } = await backhaul('ledger check');
  assert.equal(exitCode, 2, stderr);
  assert.match(stderr, /LEDGER_MISSING/);
});
