import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openOutput } from '../../src/reporting/output-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const noStdout = new PassThrough();

test('the file appears whole, readable by its owner only, and nothing is left beside it', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'out.csv');
  const result = await openOutput(path, noStdout, async (output) => {
    output.write('half');
    assert.deepEqual(readdirSync(directory).includes('out.csv'), false);
    output.write(' and half');
    return 7;
  });
  assert.equal(result, 7);
  assert.equal(readFileSync(path, 'utf8'), 'half and half');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ['out.csv']);
});

test('when writing fails, what was there before is untouched', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'out.csv');
  writeFileSync(path, 'before');
  const failing = openOutput(path, noStdout, async (output) => {
    output.write('half');
    throw new Error('broken');
  });
  await assert.rejects(failing, /broken/);
  assert.equal(readFileSync(path, 'utf8'), 'before');
  assert.deepEqual(readdirSync(directory), ['out.csv']);
});

test('a link stays a link; the file that it leads to is replaced', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'real.csv'), 'before', { mode: 0o644 });
  symlinkSync('real.csv', join(directory, 'link.csv'));
  await openOutput(join(directory, 'link.csv'), noStdout, async (output) => output.write('after'));
  assert.equal(readFileSync(join(directory, 'real.csv'), 'utf8'), 'after');
  assert.equal(statSync(join(directory, 'real.csv')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory).sort(), ['link.csv', 'real.csv']);
});

test('a device is written to, never replaced', async () => {
  await openOutput('/dev/null', noStdout, async (output) => output.write('x'));
  assert.ok(statSync('/dev/null').isCharacterDevice());
});

test('without a path, standard output is written to and left open', async () => {
  const stdout = new PassThrough();
  await openOutput(null, stdout, async (output) => output.write('x'));
  assert.equal(stdout.writableEnded, false);
  stdout.end();
  assert.equal(await text(stdout), 'x');
});

test('what cannot be written is a usage error that names the path', async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'folder'));
  for (const path of ['folder', 'missing/out.csv']) {
    await assert.rejects(
      openOutput(join(directory, path), noStdout, async () => 0),
      { name: 'UsageError', code: 'OUTPUT_UNWRITABLE', message: new RegExp(path) },
    );
  }
});
