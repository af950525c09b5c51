import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backhaul } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('schema prints one JSON Schema, and needs no configuration', async (t) => {
  const cwd = temporaryDirectory(t);
  const { exitCode, stdout, stderr, json } = await backhaul(['schema'], { cwd });
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
  const schema = json<{ $schema: string; properties: Record<string, unknown> }>();
  assert.match(schema.$schema, /json-schema\.org/);
  for (const key of ['stream', 'source', 'mapping', 'destination', 'delivery', 'ledger']) {
    assert.ok(key in schema.properties, key);
  }
  assert.equal((await backhaul(['schema', '--json'], { cwd })).stdout, stdout);
});
