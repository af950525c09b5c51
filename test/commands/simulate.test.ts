import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backhaul, type CommandResult } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const AUTHORIZATION = `Basic ${btoa('me:secret')}`;

/** Runs `simulate` until `use` is done with it. */
async function whileSimulating(
  cwd: string,
  words: readonly string[],
  use: (baseUrl: string) => Promise<void>,
): Promise<CommandResult> {
  let using: Promise<void> | undefined;
  const result = await backhaul(['simulate', '--json', ...words], {
    cwd,
    env: { PLANTED: 'secret' },
    onStart(child) {
      child.stdout?.once('data', (line: Buffer) => {
        const { baseUrl } = JSON.parse(line.toString()) as { baseUrl: string };
        using = use(baseUrl).finally(() => child.kill('SIGINT'));
      });
    },
  });
  await using;
  return result;
}

function save(baseUrl: string, department: string, sourceUuid: string): Promise<Response> {
  const messageAttributes = { body: 'Hello', type: 'INCOMING', protocol: 'TEXT' };
  return fetch(`${baseUrl}/department/${department}/customer/c/communication/historical`, {
    method: 'PUT',
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/json' },
    body: JSON.stringify({
      saveMessageRequestList: [{ sourceUuid, sentOn: '2024-01-01T00:00:00.000Z', messageAttributes }],
    }),
  });
}

test('simulate tells where it listens, speaks the API with what the flags ask for, and ends well with Ctrl-C', async (t) => {
  const words = ['--username', 'me', '--password-env', 'PLANTED', '--forbid-department', 'd-2'];
  words.push('--fault', 'refuse:source=bad-*', '--latency', '5-10', '--seed', '7');
  const { exitCode, stdout, stderr } = await whileSimulating(
    temporaryDirectory(t),
    words,
    async (baseUrl) => {
      assert.equal((await save(baseUrl, 'd-1', 'good')).status, 200);
      assert.equal((await save(baseUrl, 'd-2', 'good')).status, 403);
      const refused = (await (await save(baseUrl, 'd-1', 'bad-1')).json()) as { failedSourceUuids: string[] };
      assert.deepEqual(refused.failedSourceUuids, ['bad-1']);
      const stats = (await (await fetch(new URL('/__stats', baseUrl))).json()) as { stored: number };
      assert.equal(stats.stored, 1);
    },
  );
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout.trimEnd().split('\n').length, 1);
  assert.doesNotMatch(stderr, /secret/);
});

test('simulate tells people what they need to know', async (t) => {
  const { exitCode, stdout } = await backhaul(['simulate', '--stop-after-idle', '50ms'], {
    cwd: temporaryDirectory(t),
  });
  assert.equal(exitCode, 0, 'it ends by itself when nobody asks anything');
  assert.match(stdout, /^Listening at http:\/\/127\.0\.0\.1:\d+\/communications\n.*__stats/);
});

for (const [words, message] of [
  [['--fault', 'refus'], /there is no fault "refus"(?:.|\n)*Did you mean refuse/],
  [['--latency', 'slow'], /--latency must be milliseconds or a range/],
  [['--latency', '50-20'], /--latency must be milliseconds or a range/],
  [['--password-env', 'NOT_SET_ANYWHERE'], /NOT_SET_ANYWHERE is not set/],
  [['--port', '70000'], /--port must be at most 65535/],
  [['--host', '203.0.113.7'], /cannot listen at 203\.0\.113\.7/],
] as const) {
  test(`simulate ${words.join(' ')} is refused`, async (t) => {
    const { exitCode, stderr } = await backhaul(['simulate', ...words], { cwd: temporaryDirectory(t) });
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });
}
