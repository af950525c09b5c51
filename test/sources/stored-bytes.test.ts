import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOfFile } from '../../src/sources/stored-bytes.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const BUFFER_BYTES = 512 * 1024;

test('the digest of a file is the SHA-256 of every byte, however the bytes fall into reads', async (t) => {
  const path = join(temporaryDirectory(t), 'export.csv');
  const { between } = seededRandom(1);
  const content = Uint8Array.from({ length: 3 * BUFFER_BYTES + 7 }, () => between(0, 255));
  for (const length of [
    0,
    1,
    BUFFER_BYTES - 1,
    BUFFER_BYTES,
    BUFFER_BYTES + 1,
    2 * BUFFER_BYTES,
    content.length,
  ]) {
    const stored = content.subarray(0, length);
    writeFileSync(path, stored);
    assert.equal(await digestOfFile(path), sha256(stored), `${length} bytes`);
  }
});

test('of a file that grows, the digest goes as far as it is asked to', async (t) => {
  const path = join(temporaryDirectory(t), 'events.ndjson');
  const content = Buffer.alloc(2 * BUFFER_BYTES + 10, 'abcdefg');
  writeFileSync(path, content);
  for (const length of [0, 5, BUFFER_BYTES, BUFFER_BYTES + 3, content.length, content.length + 1]) {
    assert.equal(await digestOfFile(path, length), sha256(content.subarray(0, length)), `${length} bytes`);
  }
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
