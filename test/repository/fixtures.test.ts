import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../../scripts/make-fixtures.ts', import.meta.url));

test('make-fixtures writes the same fixtures again', (t) => {
  const directory = temporaryDirectory(t);
  execFileSync(process.execPath, [SCRIPT, directory]);

  const made = filesBelow(directory);
  assert.ok(made.length >= 10);
  for (const name of made) {
    assert.ok(
      content(directory, name).equals(content(FIXTURES, name)),
      `${name} differs: run npm run fixtures`,
    );
  }
});

test('phone numbers of the export are all from the range that is reserved for fiction', () => {
  const numbers = [
    'export/messages-2024-q4.csv.gz',
    'export/messages-2025-01.csv',
    'export/messages-2025-02.csv',
  ]
    .map((name) => content(FIXTURES, name).toString('utf8'))
    .join('\n')
    .match(/(?<![\w.])(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}(?!\w)/g);

  assert.ok(numbers !== null && numbers.length > 5_000);
  const real = numbers.filter((number) => !/55501\d{2}$/.test(number.replaceAll(/\D/g, '')));
  assert.deepEqual(real, []);
});

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

/** Compressed files are compared by what they hold: the compression differs between versions of zlib. */
function content(directory: string, name: string): Buffer {
  const bytes = readFileSync(join(directory, name));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}
