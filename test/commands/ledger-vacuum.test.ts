import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import { csvOf, project, rows } from '../support/project.ts';

interface Sizes {
  readonly ledger: string;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

test('vacuum gives the room of dropped payloads back, and loses nothing', async (t) => {
  const { backhaul, write, directory } = await project(t);
  const Body = 'A long story. '.repeat(200);
  write('export.csv', csvOf(rows(500).map((row) => ({ ...row, Body }))));
  await backhaul('run --quiet');
  const path = join(directory, 'backhaul.db');

  const { exitCode, stderr, json } = await backhaul('ledger vacuum --json');

  assert.equal(exitCode, 0, stderr);
  const { ledger, bytesBefore, bytesAfter } = json<Sizes>();
  assert.equal(ledger, path);
  assert.ok(bytesAfter <= bytesBefore);
  assert.equal(statSync(path).size, bytesAfter);
  assert.equal((await backhaul('ledger check')).exitCode, 0);
  assert.equal((await backhaul('run --json')).json<Summary>().messages.accepted, 500);
  assert.match((await backhaul('ledger vacuum')).stdout, /^The ledger .* from .* to .*\.\n$/);
});

test('a ledger that is not there is exit 2', async (t) => {
  const { backhaul } = await project(t);
  const { exitCode, stderr } = await backhaul('ledger vacuum');
  assert.equal(exitCode, 2, stderr);
  assert.match(stderr, /LEDGER_MISSING/);
});
