import assert from 'node:assert/strict';
import { chmodSync, type Dirent, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startListener, writeListenerConfig } from '../support/listener-process.ts';
import { csvOf, project, rows } from '../support/project.ts';
import { deliverEvent, eventBody } from '../support/receiver.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Everything below the directory that somebody beside its owner can read, write or enter, while it is there. */
function openToOthers(directory: string): string[] {
  return entriesOf(directory).flatMap((entry) => {
    const path = join(directory, entry.name);
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    const inside = entry.isDirectory() ? openToOthers(path) : [];
    return (mode & 0o077) === 0 ? inside : [path, ...inside];
  });
}

/** None of a directory that went between the look at its parent and the look into it: commands tidy up after themselves. */
function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** A module that the process loads first, as a shell with `umask 000` would start it. */
function laxUmask(directory: string): readonly string[] {
  const file = join(directory, 'umask.mjs');
  writeFileSync(file, 'process.umask(0o000);');
  return ['--import', pathToFileURL(file).href];
}

suite('private files', { skip: process.platform === 'win32' }, () => {
  test('under umask 000 the ledger, its locks and journals, and exports are their owner’s alone', async (t) => {
    const { directory, write, backhaul } = await project(t);
    const nodeFlags = laxUmask(temporaryDirectory(t));
    write('export.csv', csvOf([...rows(50), { Id: 'bad', Sent: 'yesterday' }]));
    for (const name of readdirSync(directory)) chmodSync(join(directory, name), 0o600);
    mkdirSync(join(directory, 'tmp'), { mode: 0o700 });
    const options = { nodeFlags, env: { TMPDIR: join(directory, 'tmp') } };

    const seen = new Set<string>();
    const watch = setInterval(() => {
      for (const name of openToOthers(directory)) seen.add(name);
    }, 2);
    t.after(() => clearInterval(watch));
    for (const words of [
      'run --no-progress',
      'check',
      'export --state rejected -o rejects.csv',
      'export --state accepted -o accepted.ndjson --format ndjson',
      'ledger purge --customer cust-1 --yes',
      'ledger vacuum',
      'ledger recover',
      'rehearse --limit 2 --input export.csv',
    ]) {
      const { exitCode, stderr } = await backhaul(words, options);
      assert.ok([0, 3].includes(exitCode ?? -1), `${words}: ${stderr}`);
    }

    for (const name of ['backhaul.db', 'rejects.csv', 'accepted.ndjson']) {
      assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
    }
    assert.deepEqual([...openToOthers(directory), ...seen], [], 'not even for a moment');
  });

  test('under umask 000 archives are their owner’s alone, and so is their directory', async (t) => {
    const directory = temporaryDirectory(t);
    writeListenerConfig(directory);
    const [, module = ''] = laxUmask(temporaryDirectory(t));
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = `--import=${module}`;
    t.after(() => {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    });
    const listener = await startListener(t, directory);
    assert.equal((await deliverEvent(listener, eventBody('e-1'))).status, 200);
    await listener.stop('SIGTERM');

    const { archive } = listener.document;
    assert.equal(statSync(archive).mode & 0o777, 0o700);
    assert.ok(readdirSync(archive).length > 0);
    assert.deepEqual(openToOthers(archive), []);
  });
});

suite('encryption', () => {
  test('plain HTTP is refused for every destination but this machine, unless allowInsecure says so', async (t) => {
    const { write, backhaul } = await project(t);
    write('export.csv', csvOf(rows(1)));
    const hosts = ['api.example.com', '127.0.0.1.example.com', '[::ffff:8.8.8.8]', '0.0.0.0'];
    await Promise.all(
      hosts.map(async (host) => {
        const { exitCode, stderr } = await backhaul(`run --set destination.baseUrl=http://${host}/x`);
        assert.equal(exitCode, 2, host);
        assert.match(stderr, /INSECURE_URL/, host);
      }),
    );
    const allowed = await backhaul(
      'check --set destination.baseUrl=http://api.example.com/x --set destination.allowInsecure=true',
    );
    assert.equal(allowed.exitCode, 0, allowed.stderr);
  });
});
