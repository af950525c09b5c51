import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/** Each breaks one rule; types count, because a type that points the wrong way is a dependency too. */
const VIOLATIONS: Record<string, string> = {
  'src/errors.ts': `import type { Widget } from './sources/csv.ts'; export type Problem = Widget;`,
  'src/sources/source.ts': `import type { Widget } from './csv.ts'; export type Source = Widget;`,
  'src/sources/csv.ts': `import { rule } from '../mapping/rules.ts'; export type Widget = typeof rule;`,
  'src/mapping/rules.ts': `export const rule = 1;`,
  'src/simulator/server.ts': `import { fields } from '../messages/fields.ts'; export const server = fields;`,
  'src/messages/fields.ts': `export const fields = [];`,
  'src/delivery/pace.ts': `import { open } from '../ledger/sqlite.ts'; export const pace = open;`,
  'src/ledger/sqlite.ts': `import fc from 'fast-check'; export const open = fc;`,
  'src/pipeline/run.ts': `import { check } from '../commands/check.ts'; export const run = check;`,
  'src/commands/check.ts': `import { run } from '../index.ts'; export const check = () => run;`,
  'src/index.ts': `export { run } from './pipeline/run.ts';`,
  'src/config/load.ts': `import { gone } from '../gone.ts'; import { helper } from '../../test/helper.ts'; export const load = [gone, helper];`,
  'src/reporting/left-over.ts': `export const leftOver = 1;`,
  'test/helper.ts': `export const helper = 1;`,
};

const RULES = [
  'leaf-modules-know-nothing',
  'seams-know-seams',
  'sources-stands-alone',
  'simulator-judges-by-itself',
  'delivery-knows-seams',
  'no-development-dependencies',
  'pipeline-knows-seams',
  'only-the-cli-knows-commands',
  'nobody-imports-the-top',
  'no-cycles',
  'everything-resolves',
  'nothing-outside-src',
  'no-orphans',
];

test('imports that point the wrong way are found, type-only ones included', async (t) => {
  const directory = temporaryDirectory(t);
  for (const [file, text] of Object.entries(VIOLATIONS)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), `${text}\n`);
  }
  for (const file of ['package.json', '.dependency-cruiser.cjs']) {
    cpSync(join(REPOSITORY, file), join(directory, file));
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'));

  const { exitCode, stdout } = await cruise(directory);

  assert.notEqual(exitCode, 0);
  assert.deepEqual(
    RULES.filter((rule) => !stdout.includes(` ${rule}: `)),
    [],
    stdout,
  );
});

function cruise(directory: string): Promise<{ exitCode: number; stdout: string }> {
  const program = join(REPOSITORY, 'node_modules/.bin/depcruise');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, 'src', '--config', '.dependency-cruiser.cjs'],
      { cwd: directory },
      (error, stdout) => resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout }),
    );
  });
}
