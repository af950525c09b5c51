import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { snapshotLedger } from '../../src/ledger/snapshot.ts';
import { begin, claimAll, deliverAll, settlement, stage } from '../support/ledger-scenes.ts';
import { ledgerOptions, ledgerPlace } from '../support/sqlite-ledgers.ts';
import { stagedMessage } from '../support/staged-records.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

for (const umask of [0o000, 0o077, 0o777]) {
  test(`the ledger and the files beside it are the owner's alone, whatever the umask (${umask.toString(8)})`, async (t) => {
    const directory = temporaryDirectory(t);
    const before = process.umask(umask);
    t.after(() => process.umask(before));
    const ledger = await ledgerPlace(t, join(directory, 'ledger.db')).open();
    await stage(ledger, await begin(ledger), [stagedMessage({ id: 'a' })]);
    const files = readdirSync(directory);
    assert.deepEqual(files.toSorted(), ['ledger.db', 'ledger.db-shm', 'ledger.db-wal']);
    assert.deepEqual(
      files.map((file) => modeOf(join(directory, file))),
      ['600', '600', '600'],
    );
  });
}

test('a ledger that has come to be readable by others is closed to them again', async (t) => {
  const path = join(temporaryDirectory(t), 'ledger.db');
  await (await openLedger(ledgerOptions(path))).close();
  chmodSync(path, 0o644);
  await ledgerPlace(t, path).open({ mode: 'existing' });
  assert.equal(modeOf(path), '600');
});

for (const mode of ['existing', 'read-only'] as const) {
  test(`a ledger that is not there is not created (${mode})`, async (t) => {
    const directory = temporaryDirectory(t);
    const opening = openLedger(ledgerOptions(join(directory, 'ledger.db'), { mode }));
    await assert.rejects(opening, { code: 'LEDGER_MISSING', kind: 'usage' });
    assert.deepEqual(readdirSync(directory), []);
  });
}

test('reading a ledger changes nothing of it, leaves nothing behind, and cannot write', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'ledger.db');
  const writer = await openLedger(ledgerOptions(path));
  await stage(writer, await begin(writer), [stagedMessage({ id: 'a' })]);
  await writer.close();
  const before = readFileSync(path);
  const reader = await openLedger(ledgerOptions(path, { mode: 'read-only' }));
  assert.equal((await reader.counts()).pending, 1);
  await assert.rejects(reader.beginRun({ command: 'run', startedAtMs: 1 }), { code: 'LEDGER_READ_ONLY' });
  await assert.rejects(claimAll(reader, 1));
  await reader.close();
  assert.deepEqual(readFileSync(path), before);
  assert.deepEqual(readdirSync(directory), ['ledger.db']);
});

test('a stream that a ledger does not know is empty to those who read, and is not made', async (t) => {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const place = ledgerPlace(t, path);
  await place.open();
  const reader = await place.open({ stream: 'other', mode: 'read-only' });
  assert.deepEqual(await reader.counts(), { accepted: 0, failed: 0, unknown: 0, pending: 0 });
  await place.open({ stream: 'other', baseUrl: 'http://127.0.0.1:2' });
});

for (const other of [{ destinationType: 'mykaarma-text' }, { baseUrl: 'http://127.0.0.1:2' }]) {
  test(`a stream belongs to one destination and base URL (${Object.keys(other)})`, async (t) => {
    const place = ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db'));
    await place.open();
    for (const mode of ['create', 'existing', 'read-only'] as const) {
      await assert.rejects(place.open({ ...other, mode }), { code: 'STREAM_BOUND', kind: 'usage' });
    }
    await place.open({ ...other, stream: 'another-stream' });
  });
}

test('what is not a database, or is no longer one, is told as corrupt', async (t) => {
  const directory = temporaryDirectory(t);
  const text = join(directory, 'text.db');
  writeFileSync(text, 'a,b,c\n'.repeat(2_000));
  const torn = join(directory, 'torn.db');
  await (await openLedger(ledgerOptions(torn))).close();
  const bytes = readFileSync(torn);
  writeFileSync(torn, bytes.subarray(0, bytes.length / 2).fill(0x5a, 8_192));
  for (const path of [text, torn]) {
    for (const mode of ['create', 'read-only'] as const) {
      await assert.rejects(openLedger(ledgerOptions(path, { mode })), {
        code: 'LEDGER_CORRUPT',
        kind: 'ledger',
      });
    }
  }
});

test('a directory that does not exist, or a directory in the place of the file, is told as such', async (t) => {
  const directory = temporaryDirectory(t);
  await assert.rejects(openLedger(ledgerOptions(join(directory, 'none', 'ledger.db'))), {
    code: 'LEDGER_DIRECTORY_MISSING',
    kind: 'ledger',
  });
  mkdirSync(join(directory, 'sub'));
  await assert.rejects(openLedger(ledgerOptions(join(directory, 'sub'))), {
    code: 'LEDGER_CANNOT_OPEN',
    kind: 'ledger',
  });
});

test('what was accepted leaves no trace of what people wrote in the file; what failed stays', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'ledger.db');
  const ledger = await openLedger(ledgerOptions(path));
  const run = await begin(ledger);
  const long = 'tulips '.repeat(5_000);
  await stage(ledger, run, [
    stagedMessage({ id: 'a', body: 'the word was marigold', customer: 'c1' }),
    stagedMessage({ id: 'b', body: long, customer: 'c2' }),
    stagedMessage({ id: 'c', body: 'the word was hyacinth', customer: 'c3' }),
  ]);
  await deliverAll(ledger, run, ({ id, sourceUuid }) =>
    settlement(id, sourceUuid === 'c' ? 'failed' : 'accepted'),
  );
  await ledger.close();
  assert.deepEqual(readdirSync(directory), ['ledger.db']);
  const bytes = readFileSync(path);
  assert.deepEqual(
    ['marigold', 'tulips', 'hyacinth'].map((word) => bytes.includes(word)),
    [false, false, true],
  );
});

test('a file shrinks when a run has delivered everything', async (t) => {
  const path = join(temporaryDirectory(t), 'ledger.db');
  const ledger = await openLedger(ledgerOptions(path));
  const run = await begin(ledger);
  const body = 'x'.repeat(1_000);
  await stage(
    ledger,
    run,
    Array.from({ length: 500 }, (_, index) => stagedMessage({ id: `m${index}`, body })),
  );
  await deliverAll(ledger, run, 'accepted');
  await ledger.endRun(run, { status: 'complete', endedAtMs: 1, summaryJson: '{}' });
  await ledger.close();
  assert.ok(statSync(path).size < 500_000, `${statSync(path).size} bytes`);
});

test('a snapshot is a private copy that lives its own life; without a ledger it is an empty one', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'ledger.db');
  const ledger = await ledgerPlace(t, path).open();
  await stage(ledger, await begin(ledger), [stagedMessage({ id: 'a' })]);
  const copyPath = join(directory, 'copy.db');
  await snapshotLedger(path, copyPath);
  assert.equal(modeOf(copyPath), '600');
  const copy = await ledgerPlace(t, copyPath).open();
  await deliverAll(copy, await begin(copy), 'accepted');
  assert.deepEqual([(await copy.counts()).accepted, (await ledger.counts()).accepted], [1, 0]);

  const emptyPath = join(directory, 'empty.db');
  await snapshotLedger(join(directory, 'none.db'), emptyPath);
  assert.equal(modeOf(emptyPath), '600');
  assert.equal((await (await ledgerPlace(t, emptyPath).open()).counts()).pending, 0);
  assert.equal(readdirSync(directory).includes('none.db'), false);
});
