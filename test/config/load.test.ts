import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../../src/config/load.ts';
import { UsageError } from '../../src/errors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SMALLEST = {
  stream: 'legacy-sms',
  source: { format: 'csv', files: ['exports/*.csv'] },
  mapping: { sourceUuid: 'Sid' },
  destination: {
    type: 'mykaarma-historical',
    baseUrl: 'https://api.example.com/communications',
    auth: { username: { env: 'API_USERNAME' }, password: { file: 'password.txt' } },
  },
};

function configFile(t: TestContext, content: unknown): string {
  const cwd = temporaryDirectory(t);
  writeFileSync(
    join(cwd, 'pipeline.config.json'),
    typeof content === 'string' ? content : JSON.stringify(content, null, 2),
  );
  return cwd;
}

function load(cwd: string, overrides: readonly string[] = [], path = 'pipeline.config.json') {
  return loadConfig({ path, explicit: path !== 'pipeline.config.json', overrides, cwd });
}

test('a minimal configuration is filled in with the documented defaults', async (t) => {
  const { config } = await load(configFile(t, SMALLEST));
  assert.deepEqual(config.delivery, {
    maxBatchMessages: 50,
    maxBatchBytes: 1_000_000,
    requestsPerSecond: 5,
    burst: 1,
    concurrency: 4,
    timeoutMs: 30_000,
    maxAttempts: 8,
    retryBaseMs: 250,
    retryMaxMs: 30_000,
    maxOutageMs: 900_000,
    maxFailures: null,
  });
  assert.deepEqual(config.ledger, {
    path: 'backhaul.db',
    onConflict: 'reject',
  });
  const { delimiter, encoding, header } = config.source.csv;
  assert.deepEqual({ delimiter, encoding, header }, { delimiter: 'auto', encoding: 'auto', header: true });
  assert.deepEqual([config.skip, config.lookups, config.source.allowEmpty], [[], {}, false]);
  assert.equal(config.destination.allowInsecure, false);
});

test('the directory is that of the file, however it is named', async (t) => {
  const cwd = temporaryDirectory(t);
  mkdirSync(join(cwd, 'below'));
  writeFileSync(join(cwd, 'below', 'other.json'), JSON.stringify(SMALLEST));
  const loaded = await load(cwd, [], 'below/other.json');
  assert.equal(loaded.directory, join(cwd, 'below'));
  assert.equal(loaded.path, join(cwd, 'below', 'other.json'));
});

test('a missing file says what to do, differently when it was named', async (t) => {
  const cwd = temporaryDirectory(t);
  await assert.rejects(load(cwd), { name: 'UsageError', code: 'CONFIG_MISSING', fix: /--config/ });
  await assert.rejects(load(cwd, [], 'x.json'), {
    code: 'CONFIG_MISSING',
    message: /x\.json/,
    fix: /Correct the path/,
  });
});

test('what cannot be read as text is refused', async (t) => {
  const cwd = temporaryDirectory(t);
  await assert.rejects(load(cwd, [], '.'), { code: 'CONFIG_UNREADABLE' });
  writeFileSync(join(cwd, 'latin.json'), Buffer.from([0x7b, 0xe9, 0x7d]));
  await assert.rejects(load(cwd, [], 'latin.json'), { code: 'CONFIG_UNREADABLE', fix: /UTF-8/ });
});

test('all problems are told at once, each with its place, what is wrong, and what may have been meant', async (t) => {
  const cwd = configFile(
    t,
    `{
  "stream": "legacy sms",
  "sorce": 1,
  "source": { "format": "cvs", "files": [], "csv": { "delimeter": ",", "header": "yes" } },
  "mapping": {
    "sourceUuid": { "fro": "Sid" },
    "userUuid": { "from": "User", "value": 1 },
    "sentOn": { "from": "Sent", "time": { "formats": ["iso"], "gap": "earlyer" } },
    "customerUuid": 3
  },
  "skip": [{ "from": "Status" }],
  "destination": { "type": "mykaarma-historcal" },
  "delivery": { "concurency": 4, "maxAttempts": 0, "timeoutMs": 1.5, "requestsPerSecond": 0 }
}`,
  );
  const error = await rejection(load(cwd));
  assert.equal(error.code, 'CONFIG_INVALID');
  const lines = error.message
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .sort();
  assert.deepEqual(
    lines,
    [
      'pipeline.config.json:2:13 stream: must be letters, digits, dots, dashes and underscores (64 at most)',
      'pipeline.config.json:3:12 sorce: unknown key; did you mean source?',
      'pipeline.config.json:4:25 source.format: must be one of csv, json, ndjson, message-events, kaleyra-report, kaleyra-log',
      'pipeline.config.json:4:41 source.files: must not be empty',
      'pipeline.config.json:4:67 source.csv.delimeter: unknown key; did you mean delimiter?',
      'pipeline.config.json:4:82 source.csv.header: must be true or false or a list',
      'pipeline.config.json:6:19 mapping.sourceUuid: needs exactly one of `from`, `firstOf`, `template`, `value`, `hash`',
      'pipeline.config.json:6:28 mapping.sourceUuid.fro: unknown key; did you mean from?',
      'pipeline.config.json:7:17 mapping.userUuid: needs exactly one of `from`, `firstOf`, `template`, `value`, `hash`',
      'pipeline.config.json:8:70 mapping.sentOn.time.gap: must be one of reject, earlier, later; did you mean earlier?',
      'pipeline.config.json:9:21 mapping.customerUuid: must be text or an object',
      'pipeline.config.json:11:12 skip[0].reason: missing; must be text',
      'pipeline.config.json:12:28 destination.type: must be one of mykaarma-historical, mykaarma-text, kaleyra-whatsapp; did you mean mykaarma-historical?',
      'pipeline.config.json:13:31 delivery.concurency: unknown key; did you mean concurrency?',
      'pipeline.config.json:13:49 delivery.maxAttempts: must be at least 1',
      'pipeline.config.json:13:65 delivery.timeoutMs: must be a whole number',
      'pipeline.config.json:13:91 delivery.requestsPerSecond: must be more than 0',
    ].sort(),
  );
});

test('a literal credential is refused and not repeated', async (t) => {
  const auth = { username: 'me', password: { value: 'hunter2' } };
  const error = await rejection(
    load(configFile(t, { ...SMALLEST, destination: { ...SMALLEST.destination, auth } })),
  );
  assert.match(error.message, /destination\.auth\.username: must be \{ "env": "NAME" \}/);
  assert.match(error.message, /destination\.auth\.password: must be/);
  assert.doesNotMatch(error.message, /hunter2|"me"/);
});

test('--set is applied before validation, and its own problems name it', async (t) => {
  const cwd = configFile(t, SMALLEST);
  const { config } = await load(cwd, ['delivery.concurrency=8', 'mapping["messageAttributes.body"]=Text']);
  assert.equal(config.delivery.concurrency, 8);
  assert.deepEqual(config.mapping, { sourceUuid: 'Sid', 'messageAttributes.body': 'Text' });
  assert.match(
    (await rejection(load(cwd, ['delivery.concurrency=eight']))).message,
    /--set delivery\.concurrency: must be a number/,
  );
  assert.match(
    (await rejection(load(cwd, ['mapping.messageAttributes.body=Text']))).message,
    /a request path is one key: mapping\["messageAttributes\.body"\]/,
  );
});

test('credentials and messages travel encrypted, except to this machine', async (t) => {
  const cwd = configFile(t, SMALLEST);
  const withUrl = (url: string, ...more: string[]) =>
    load(cwd, [`destination.baseUrl=${JSON.stringify(url)}`, ...more]);
  for (const url of [
    'http://127.0.0.1:8080/x',
    'http://localhost:1',
    'http://[::1]:8080',
    'http://api.localhost',
    'https://api.example.com',
  ]) {
    await withUrl(url);
  }
  for (const url of [
    'http://api.example.com',
    'http://localhost.example.com',
    'http://10.0.0.1',
    'http://127.example.com',
  ]) {
    await assert.rejects(
      withUrl(url),
      { name: 'UsageError', code: 'INSECURE_URL', fix: /allowInsecure/ },
      url,
    );
    await withUrl(url, 'destination.allowInsecure=true');
  }
});

test('a base URL holds no credentials, query or fragment, and is not quoted when it does', async (t) => {
  const cwd = configFile(t, SMALLEST);
  for (const url of [
    'https://me:hunter2@api.example.com',
    'https://me@api.example.com',
    'https://a.example/?k=hunter2',
    'https://a.example/#',
    'https://a.example/?',
  ]) {
    const error = await rejection(load(cwd, [`destination.baseUrl=${JSON.stringify(url)}`]));
    assert.equal(error.code, 'BAD_URL', url);
    assert.doesNotMatch(error.message + error.fix, /hunter2/);
  }
  assert.match(
    (await rejection(load(cwd, ['destination.baseUrl=ftp://a.example']))).message,
    /must be a URL/,
  );
});

test('whatever JSON stands in the file, nothing but a UsageError is thrown', async (t) => {
  const cwd = temporaryDirectory(t);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        ...Object.keys(SMALLEST),
        'skip',
        'lookups',
        'delivery',
        'ledger',
        'mapping["x"]',
        'skip[0]',
      ),
      fc.jsonValue(),
      async (path, value) => {
        writeFileSync(join(cwd, 'pipeline.config.json'), JSON.stringify(SMALLEST));
        await load(cwd, [`${path}=${JSON.stringify(value)}`]).catch((error: unknown) => {
          assert.ok(error instanceof UsageError, String(error));
        });
      },
    ),
    { numRuns: 300 },
  );
});

async function rejection(promise: Promise<unknown>): Promise<UsageError> {
  const error = await promise.then(
    () => assert.fail('was accepted'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UsageError, String(error));
  return error;
}

test('a file that is no configuration, by its size, is not read to its end', async (t) => {
  for (const content of [`{ "stream": "${'x'.repeat(4_000_000)}`, ' '.repeat(1_000_001)]) {
    await assert.rejects(load(configFile(t, content)), { code: 'CONFIG_TOO_LARGE' });
  }
  await assert.rejects(load(configFile(t, `{ "stream": "${'x'.repeat(900_000)}`)), { code: 'CONFIG_SYNTAX' });
});

test('of very many problems the first are told, and how many there are', async (t) => {
  const keys = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`key-${index}`, 1]));
  await assert.rejects(load(configFile(t, { ...SMALLEST, ...keys })), (error: UsageError) => {
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.match(error.message, /has 2000 problems:\n/);
    assert.match(error.message, /\n {2}… and 1950 more$/);
    return true;
  });
});
