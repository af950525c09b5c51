import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CheckSummary } from '../../src/pipeline/summary.ts';
import { page, REPOSITORY } from '../docs/pages.ts';
import { backhaul } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Preview {
  readonly preview: readonly { readonly becomes: { readonly request?: object } }[];
}

test('what becomes of the bundled export is what was planted in it', async (t) => {
  const expected = JSON.parse(readFileSync(join(REPOSITORY, 'fixtures/expected.json'), 'utf8'));
  const ledger = join(temporaryDirectory(t), 'none.db');

  const result = await backhaul(['check', '--json', '--quiet', '--ledger', ledger], { cwd: REPOSITORY });

  assert.equal(result.exitCode, 3, result.stderr);
  const { records, rejects, breakdown } = result.json<CheckSummary>();
  assert.deepEqual(records, expected.records);
  assert.deepEqual(
    Object.fromEntries(rejects.map(({ field, code, count }) => [`${field} ${code}`, count])),
    expected.rejects,
  );
  assert.deepEqual(
    Object.fromEntries(breakdown.types.map(({ type, messages }) => [type, messages])),
    expected.types,
  );
});

test('an export gives the same messages as a JSON array and as NDJSON, its broken line aside', async () => {
  const requests = async (format: string) => {
    const words = ['preview', '-n', '100', '--json', '-c', `fixtures/legacy-json/${format}.config.json`];
    const { preview } = (await backhaul(words, { cwd: REPOSITORY })).json<Preview>();
    return preview.map(({ becomes }) => becomes.request);
  };

  const [fromArray, fromLines] = [await requests('json'), await requests('ndjson')];

  assert.equal(fromArray.filter((request) => request !== undefined).length, 39);
  assert.equal(fromLines.length, 40);
  assert.deepEqual(
    fromLines.filter((request) => request !== undefined),
    fromArray,
  );
});

test('the build is runnable, and finds its migrations', async (t) => {
  const directory = temporaryDirectory(t);
  const result = await backhaul(['rehearse', '--json', '--quiet', '--limit', '3', '--fault', 'none'], {
    cwd: REPOSITORY,
    env: { TMPDIR: directory },
  });
  assert.equal(result.exitCode, 0, result.stderr);
  assert.match(page('package.json').text, /"backhaul": "dist\/cli.js"/);
});
