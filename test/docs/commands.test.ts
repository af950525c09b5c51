import assert from 'node:assert/strict';
import { test } from 'node:test';
import { globalFlags } from '../../src/commands/command.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { STOP_REASONS } from '../../src/pipeline/summary.ts';
import { FAULTS } from '../../src/simulator/faults.ts';
import { fences, page, pages, section } from './pages.ts';

const README = page('README.md');
const REFERENCE = page('docs/commands.md');

for (const [name, { load }] of Object.entries(COMMANDS)) {
  test(`${name} and each of its flags are documented`, async () => {
    assert.ok(README.text.includes(`| \`${name}\` |`), `${name} is not in the README's table`);
    const text = section(REFERENCE, `## ${name}`);
    assert.ok(text !== null, `docs/commands.md has no section ${name}`);
    const { flags } = await load();
    for (const flag of Object.keys(flags)) {
      assert.match(text, new RegExp(`\`--${flag}\\b`), `--${flag} of ${name} is not documented`);
    }
  });
}

test('global flags are documented', () => {
  const text = section(REFERENCE, '## Global flags') ?? '';
  for (const [name, { alias }] of Object.entries<{ alias?: string }>(globalFlags)) {
    const written = name === 'progress' ? 'no-progress' : name;
    assert.match(text, new RegExp(`\`--${written}\\b`), `--${written}`);
    if (alias !== undefined) assert.match(text, new RegExp(`\`-${alias}\``), `-${alias}`);
  }
});

test('documented commands and flags exist', async () => {
  const known = new Set([...Object.keys(globalFlags), 'no-progress', 'help', 'version']);
  for (const { load } of Object.values(COMMANDS)) {
    for (const flag of Object.keys((await load()).flags)) known.add(flag);
  }
  const lines = pages().flatMap((one) =>
    fences(one)
      .filter(({ language }) => ['sh', 'crontab', 'ini'].includes(language))
      .flatMap(({ text }) => text.split('\n'))
      .flatMap((line) => /(?:npx )?backhaul [a-z].*/.exec(line.replace(/#.*/, '')) ?? []),
  );
  assert.ok(lines.length > 10);
  for (const line of lines) {
    const words = line.split(/\s+/).slice(line.startsWith('npx') ? 2 : 1);
    if (/^(ended)$/.test(words[0] ?? '')) continue;
    const isKnown = [words[0], words.slice(0, 2).join(' ')].some((name) =>
      Object.hasOwn(COMMANDS, name ?? ''),
    );
    assert.ok(isKnown, `no such command: ${line}`);
    for (const [, flag] of line.matchAll(/ --([a-z-]+)/g)) assert.ok(known.has(flag as string), line);
  }
});

test('every exit code is documented', () => {
  const text = section(README, '## Exit codes') ?? '';
  for (const [name, code] of Object.entries(EXIT)) {
    assert.match(text, new RegExp(`^\\|.*\\b${code}\\b.*\\|`, 'm'), `${name} (${code})`);
  }
});

test('every stop reason is documented', () => {
  const text = section(REFERENCE, '## The summary') ?? '';
  for (const reason of Object.keys(STOP_REASONS)) assert.ok(text.includes(`\`${reason}\``), reason);
});

test('every fault of the simulator is documented as it is', () => {
  const { text } = page('docs/simulator.md');
  for (const { name, stores, description } of FAULTS) {
    const row = `| \`${name}\` | ${stores ? 'yes' : 'no'} | ${description} |`;
    assert.ok(text.includes(row), `docs/simulator.md lacks: ${row}`);
  }
});
