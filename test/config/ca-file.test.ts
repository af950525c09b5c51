import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCaFile } from '../../src/config/ca-file.ts';
import { CERTIFICATES, TEST_AUTHORITY, TEST_KEY } from '../support/certificates.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('the certificates of a PEM file are read, whatever stands around them', async (t) => {
  const directory = temporaryDirectory(t);
  const windows = TEST_AUTHORITY.replaceAll('\n', '\r\n');
  writeFileSync(join(directory, 'ca.pem'), `# ours\n${windows}\n${TEST_KEY}${CERTIFICATES.selfSigned}`);
  const text = await readCaFile('ca.pem', directory);
  assert.equal(text.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.doesNotMatch(text, /PRIVATE/);
  assert.equal(await readCaFile(join(directory, 'ca.pem'), '/'), text);
});

test('a CA file that is missing, or holds no certificate, is a usage error', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'key.pem'), TEST_KEY);
  writeFileSync(join(directory, 'empty.pem'), '');
  writeFileSync(join(directory, 'cut.pem'), TEST_AUTHORITY.slice(0, 200));
  writeFileSync(
    join(directory, 'broken.pem'),
    `${TEST_AUTHORITY}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`,
  );
  for (const name of ['none.pem', '.', 'key.pem', 'empty.pem', 'cut.pem', 'broken.pem']) {
    await assert.rejects(readCaFile(name, directory), { name: 'UsageError', code: 'CA_FILE_UNUSABLE' }, name);
  }
});
