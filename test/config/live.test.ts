import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { UsageError } from '../../src/errors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SECRET = { env: 'SECRET' };
const TEXT = {
  type: 'mykaarma-text',
  baseUrl: 'https://api.example.com/communications',
  auth: { username: SECRET, password: SECRET },
};
const WHATSAPP = {
  ...{ type: 'kaleyra-whatsapp', sid: 'HX1', sender: '+16285550191', pod: 'in' },
  auth: { apiKey: SECRET },
};

function load(t: TestContext, destination: object, more: object = {}) {
  const cwd = temporaryDirectory(t);
  const source = { format: 'csv', files: ['a.csv'] };
  const config = { stream: 's', source, mapping: {}, destination, ...more };
  writeFileSync(join(cwd, 'pipeline.config.json'), JSON.stringify(config));
  return loadConfig({ path: 'pipeline.config.json', overrides: [], cwd });
}

for (const destination of [TEXT, WHATSAPP]) {
  test(`${destination.type}: nothing is live, and no text goes twice, unless the configuration says so`, async (t) => {
    const { config } = await load(t, destination);
    assert.ok('live' in config.destination);
    assert.deepEqual([config.destination.live, config.destination.allowDuplicateTexts], [false, false]);
  });

  const REFUSED: readonly [string, object, string][] = [
    ['resendUnknown', { delivery: { resendUnknown: true } }, 'LIVE_RESEND'],
    ['onConflict replace', { ledger: { onConflict: 'replace' } }, 'LIVE_REPLACE'],
  ];
  for (const [what, more, code] of REFUSED) {
    test(`${destination.type}: ${what} could send a message twice and is refused`, async (t) => {
      await assert.rejects(
        load(t, destination, more),
        (error: unknown) => error instanceof UsageError && error.code === code,
      );
    });
  }
}

test('history may be resent and replaced', async (t) => {
  const destination = { ...TEXT, type: 'mykaarma-historical' };
  const more = { delivery: { resendUnknown: true }, ledger: { onConflict: 'replace' } };
  assert.equal((await load(t, destination, more)).config.delivery.resendUnknown, true);
});

test('a pod names its host; pod and base URL exclude each other', async (t) => {
  assert.equal((await load(t, WHATSAPP)).config.destination.baseUrl, 'https://api.in.kaleyra.io');
  const elsewhere = { ...WHATSAPP, pod: undefined, baseUrl: 'https://whatsapp.example.com' };
  assert.equal((await load(t, elsewhere)).config.destination.baseUrl, 'https://whatsapp.example.com');
  for (const wrong of [
    { ...elsewhere, pod: 'in' },
    { ...WHATSAPP, pod: undefined },
    { ...WHATSAPP, pod: 'us' },
    { ...WHATSAPP, sender: '6285550191' },
  ]) {
    await assert.rejects(
      load(t, wrong),
      (error: unknown) => error instanceof UsageError && error.code === 'CONFIG_INVALID',
    );
  }
});
