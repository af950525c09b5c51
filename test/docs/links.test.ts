import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fences, page, pages, REPOSITORY } from './pages.ts';

test('links between pages lead somewhere', () => {
  const broken = pages().flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => !existsSync(join(REPOSITORY, dirname(path), target)))
      .map((target) => `${path} → ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('guarantees name tests that exist, by their titles', () => {
  const rows = [...page('docs/guarantees.md').text.matchAll(/\]\(\.\.\/(test\/[^)]+)\): “([^”]+)”/g)];
  assert.ok(rows.length > 15);
  for (const [, file = '', title = ''] of rows) {
    assert.ok(readFileSync(join(REPOSITORY, file), 'utf8').includes(title), `${file} has no test “${title}”`);
  }
});

test('npm scripts that are documented exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = pages().flatMap(({ path, text }) =>
    [...text.matchAll(/npm (?:run )?(test|(?<=run )[a-z]+)/g)].map(([, name = '']) => ({ path, name })),
  );
  assert.ok(named.length >= 10);
  for (const { path, name } of named) assert.ok(Object.hasOwn(scripts, name), `${path}: npm run ${name}`);
});

test('the README shows the two commands for a fresh machine', () => {
  const commands = fences(page('README.md'))
    .map(({ text }) => text)
    .join('\n');
  assert.match(commands, /^npm ci && npm run demo\b/m);
  assert.match(commands, /^npm ci && npm test\b/m);
});

test('every decision record has its parts, doing nothing among the alternatives', () => {
  const records = pages().filter(({ path }) => path.startsWith(join('docs', 'adr')));
  assert.ok(records.length >= 9);
  for (const { path, text } of records) {
    for (const part of [
      '**Status:**',
      '## Context',
      '## Decision',
      '## Alternatives',
      '- **Doing nothing**',
      '## Consequences',
    ]) {
      assert.ok(text.includes(part), `${path} lacks ${part}`);
    }
  }
});
