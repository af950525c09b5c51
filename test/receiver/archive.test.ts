import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../src/clock.ts';
import { type Archive, type ArchiveOptions, openArchive } from '../../src/receiver/archive.ts';
import type { ArchiveFile } from '../../src/receiver/archive-files.ts';
import { archiveName, readArchiveName } from '../../src/receiver/archived-delivery.ts';
import { archiveNames } from '../support/receiver.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const NOON = Date.UTC(2025, 3, 1, 12);

/** A clock that stands until it is set. */
function settableClock(nowMs = NOON) {
  return {
    ...systemClock,
    timeMs: nowMs,
    nowMs() {
      return this.timeMs;
    },
  };
}

async function archiveIn(
  t: TestContext,
  directory: string,
  options: Partial<ArchiveOptions> = {},
): Promise<Archive> {
  const archive = await openArchive({ directory, maxFileBytes: 1_000, clock: settableClock(), ...options });
  t.after(() => archive.close());
  return archive;
}

function line(text: string, bytes = text.length + 1): Buffer {
  return Buffer.from(`${text.padEnd(bytes - 1, '.')}\n`);
}

function contents(directory: string): Record<string, string> {
  return Object.fromEntries(
    archiveNames(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  );
}

/** Files that fail as a disk would, whenever `trouble` says so. */
interface Trouble {
  /** The write stops after so many bytes, with this error. */
  write?: { readonly afterBytes: number; readonly code: string };
  datasync?: string;
  truncate?: string;
}

function failing(trouble: Trouble): (file: ArchiveFile) => ArchiveFile {
  const error = (code: string) => Object.assign(new Error(code), { code });
  return (file) => ({
    async write(bytes, offset, length, position) {
      if (trouble.write === undefined) return file.write(bytes, offset, length, position);
      const { afterBytes, code } = trouble.write;
      if (afterBytes === 0) throw error(code);
      trouble.write = { afterBytes: 0, code };
      return file.write(bytes, offset, Math.min(length, afterBytes), position);
    },
    async truncate(length) {
      if (trouble.truncate !== undefined) throw error(trouble.truncate);
      return file.truncate(length);
    },
    async datasync() {
      if (trouble.datasync !== undefined) throw error(trouble.datasync);
      return file.datasync();
    },
    close: () => file.close(),
  });
}

suite('archive names', () => {
  test('property: names are read as they are written, and sort by day and number', () => {
    const day = fc.integer({ min: 20200101, max: 20991231 }).map(String);
    const name = fc.record({ day, number: fc.integer({ min: 1, max: 9_999 }) }, { noNullPrototype: true });
    fc.assert(
      fc.property(name, name, (a, b) => {
        assert.deepEqual(readArchiveName(archiveName(a)), a);
        const order = a.day === b.day ? a.number - b.number : Number(a.day) - Number(b.day);
        assert.equal(
          Math.sign(order),
          archiveName(a) < archiveName(b) ? -1 : archiveName(a) > archiveName(b) ? 1 : 0,
        );
      }),
    );
  });

  test('other files are none', () => {
    for (const name of [
      'events-20250401-0001.ndjson.gz',
      'events-2025041-0001.ndjson',
      'x-events-20250401-0001.ndjson',
      'callback-token',
      '.listen-lock',
    ]) {
      assert.equal(readArchiveName(name), null, name);
    }
  });
});

suite('appending', () => {
  test('lines stand in the file in the order in which they were handed over', async (t) => {
    const directory = temporaryDirectory(t);
    const archive = await archiveIn(t, directory, { maxFileBytes: 1_000_000 });
    const texts = Array.from({ length: 500 }, (_, number) => `line ${number}`);
    await Promise.all(texts.map((text) => archive.append(line(text))));
    assert.deepEqual(contents(directory), { 'events-20250401-0001.ndjson': `${texts.join('\n')}\n` });
  });

  test('lines that are handed over together share a sync', async (t) => {
    let syncs = 0;
    const archive = await archiveIn(t, temporaryDirectory(t), {
      maxFileBytes: 10_000_000,
      wrapFile: (file) => ({
        write: (...given) => file.write(...given),
        truncate: (length) => file.truncate(length),
        close: () => file.close(),
        datasync() {
          syncs += 1;
          return file.datasync();
        },
      }),
    });
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 200 }, (_, number) => archive.append(line(`${round}-${number}`))),
      );
    }
    assert.equal(syncs, 10);
    assert.equal(archive.groups(), 10);
  });

  test('a line resolves after its bytes are synced, never before', async (t) => {
    const events: string[] = [];
    const archive = await archiveIn(t, temporaryDirectory(t), {
      wrapFile: (file) => ({
        ...failing({})(file),
        async datasync() {
          await file.datasync();
          events.push('synced');
        },
      }),
    });
    await archive.append(line('a')).then(() => events.push('resolved'));
    await archive.append(line('b')).then(() => events.push('resolved'));
    assert.deepEqual(events, ['synced', 'resolved', 'synced', 'resolved']);
  });

  test('short writes are completed', async (t) => {
    const directory = temporaryDirectory(t);
    const archive = await archiveIn(t, directory, {
      wrapFile: (file) => ({
        ...failing({})(file),
        write: (bytes, offset, length, position) => file.write(bytes, offset, Math.min(length, 3), position),
      }),
    });
    await Promise.all([archive.append(line('first')), archive.append(line('second'))]);
    assert.deepEqual(contents(directory), { 'events-20250401-0001.ndjson': 'first\nsecond\n' });
  });

  test('closing waits for what was handed over, and takes nothing after it', async (t) => {
    const directory = temporaryDirectory(t);
    const archive = await archiveIn(t, directory);
    const appended = archive.append(line('a'));
    await archive.close();
    await appended;
    await assert.rejects(archive.append(line('b')));
    assert.deepEqual(Object.values(contents(directory)), ['a\n']);
  });
});

suite('rotation', () => {
  test('a file that would grow beyond the limit is followed by a new one', async (t) => {
    const directory = temporaryDirectory(t);
    const archive = await archiveIn(t, directory, { maxFileBytes: 1_000 });
    for (const text of ['a', 'b', 'c', 'd', 'e']) await archive.append(line(text, 500));
    await archive.append(line('long', 5_000));
    await archive.append(line('f', 10));
    const sizes = archiveNames(directory).map((name) => [name, statSync(join(directory, name)).size]);
    assert.deepEqual(sizes, [
      ['events-20250401-0001.ndjson', 1_000],
      ['events-20250401-0002.ndjson', 1_000],
      ['events-20250401-0003.ndjson', 500],
      ['events-20250401-0004.ndjson', 5_000],
      ['events-20250401-0005.ndjson', 10],
    ]);
  });

  test('every day (UTC) has its own files', async (t) => {
    const directory = temporaryDirectory(t);
    const clock = settableClock(Date.UTC(2025, 3, 1, 23, 59, 59, 999));
    const archive = await archiveIn(t, directory, { clock });
    await archive.append(line('a'));
    clock.timeMs += 1;
    await archive.append(line('b'));
    await archive.append(line('c'));
    assert.deepEqual(contents(directory), {
      'events-20250401-0001.ndjson': 'a\n',
      'events-20250402-0001.ndjson': 'b\nc\n',
    });
  });

  test('a restart goes on with the newest file of the day, and with no other', async (t) => {
    const directory = temporaryDirectory(t);
    for (const [text, day] of [
      ['a', 1],
      ['b', 1],
      ['c', 2],
      ['d', 2],
    ] as const) {
      const archive = await archiveIn(t, directory, { clock: settableClock(Date.UTC(2025, 3, day)) });
      await archive.append(line(text));
      await archive.close();
    }
    assert.deepEqual(contents(directory), {
      'events-20250401-0001.ndjson': 'a\nb\n',
      'events-20250402-0001.ndjson': 'c\nd\n',
    });
  });

  test('numbers of files that were compressed since are not used again', async (t) => {
    const directory = temporaryDirectory(t);
    writeFileSync(join(directory, 'events-20250401-0007.ndjson.gz'), '');
    writeFileSync(join(directory, 'events-20250331-0009.ndjson'), '');
    const archive = await archiveIn(t, directory);
    await archive.append(line('a'));
    assert.deepEqual(archiveNames(directory), ['events-20250331-0009.ndjson', 'events-20250401-0008.ndjson']);
  });

  test('a day whose numbers are used up fails its lines rather than the order of names', async (t) => {
    const directory = temporaryDirectory(t);
    writeFileSync(join(directory, 'events-20250401-9999.ndjson'), `${'x'.repeat(999)}\n`);
    const archive = await archiveIn(t, directory);
    await assert.rejects(archive.append(line('a')), { code: 'ARCHIVE_NUMBERS_USED_UP' });
  });

  test('a file that came back from a backup readable by all is its owner’s again', async (t) => {
    const directory = temporaryDirectory(t);
    const path = join(directory, 'events-20250401-0001.ndjson');
    writeFileSync(path, 'a\n');
    chmodSync(path, 0o644);
    await archiveIn(t, directory);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });
});

suite('torn lines', () => {
  test('property: what a crash left behind the last line end is cut off, wherever the write was cut', async (t) => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'é', '\u{1f600}', '\0', '{', '"'),
      maxLength: 60_000,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 5 }), text, async (lines, torn) => {
        const directory = temporaryDirectory(t);
        const whole = lines.map((one) => `${one}\n`).join('');
        writeFileSync(join(directory, 'events-20250401-0001.ndjson'), whole + torn);
        const archive = await archiveIn(t, directory, { maxFileBytes: 10_000_000 });
        await archive.append(line('next'));
        await archive.close();
        assert.deepEqual(contents(directory), { 'events-20250401-0001.ndjson': `${whole}next\n` });
      }),
      { numRuns: 30 },
    );
  });

  test('every archive is mended, not only the newest', async (t) => {
    const directory = temporaryDirectory(t);
    writeFileSync(join(directory, 'events-20250330-0001.ndjson'), 'a\nb');
    writeFileSync(join(directory, 'events-20250331-0001.ndjson'), 'a\nb\n');
    writeFileSync(join(directory, 'events-20250401-0001.ndjson'), 'no line end');
    writeFileSync(join(directory, 'another file'), 'no line end');
    await archiveIn(t, directory);
    assert.deepEqual(Object.values(contents(directory)), ['a\n', 'a\nb\n', '']);
    assert.equal(readFileSync(join(directory, 'another file'), 'utf8'), 'no line end');
  });
});

suite('a disk that is full or fails', () => {
  test('the group fails as a whole, nothing of it stays, and the next one is stored when there is space', async (t) => {
    const directory = temporaryDirectory(t);
    const trouble: Trouble = {};
    const archive = await archiveIn(t, directory, { wrapFile: failing(trouble) });
    await archive.append(line('before'));
    trouble.write = { afterBytes: 10, code: 'ENOSPC' };
    const results = await Promise.allSettled(
      ['lost 1', 'lost 2', 'lost 3'].map((text) => archive.append(line(text))),
    );
    for (const result of results) {
      assert.equal(result.status, 'rejected');
      assert.equal((result.reason as NodeJS.ErrnoException).code, 'ENOSPC');
    }
    assert.deepEqual(Object.values(contents(directory)), ['before\n']);
    delete trouble.write;
    await archive.append(line('after'));
    assert.deepEqual(contents(directory), { 'events-20250401-0001.ndjson': 'before\nafter\n' });
  });

  test('space that runs out only when syncing is the same', async (t) => {
    const directory = temporaryDirectory(t);
    let full = false;
    const archive = await archiveIn(t, directory, {
      wrapFile: (file) => ({
        ...failing({})(file),
        async datasync() {
          if (full) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
          return file.datasync();
        },
        async truncate(length) {
          full = false; // room again, now that the group is gone
          return file.truncate(length);
        },
      }),
    });
    await archive.append(line('before'));
    full = true;
    await assert.rejects(archive.append(line('lost')), { code: 'ENOSPC' });
    await archive.append(line('after'));
    assert.deepEqual(contents(directory), { 'events-20250401-0001.ndjson': 'before\nafter\n' });
  });

  test('a file that cannot be brought back is left, and a new one begun', async (t) => {
    const directory = temporaryDirectory(t);
    const trouble: Trouble = {};
    const archive = await archiveIn(t, directory, { wrapFile: failing(trouble) });
    await archive.append(line('before'));
    Object.assign(trouble, { write: { afterBytes: 2, code: 'EIO' }, truncate: 'EIO' });
    await assert.rejects(archive.append(line('lost')), { code: 'EIO' });
    delete trouble.write;
    delete trouble.truncate;
    await archive.append(line('after'));
    assert.deepEqual(contents(directory), {
      'events-20250401-0001.ndjson': 'before\nlo',
      'events-20250401-0002.ndjson': 'after\n',
    });
    await archive.close();
    await archiveIn(t, directory);
    assert.deepEqual(Object.values(contents(directory)), ['before\n', 'after\n'], 'the next start mends it');
  });

  test('a disk that fails for long does not fill the directory with files', async (t) => {
    const directory = temporaryDirectory(t);
    const trouble: Trouble = { datasync: 'EIO', truncate: 'EIO' };
    const archive = await archiveIn(t, directory, { wrapFile: failing(trouble) });
    for (let round = 0; round < 50; round++)
      await assert.rejects(archive.append(line('lost')), { code: 'EIO' });
    assert.deepEqual(archiveNames(directory), []);
    delete trouble.datasync;
    await archive.append(line('after'));
    assert.deepEqual(contents(directory), { 'events-20250401-0001.ndjson': 'after\n' });
  });

  test('a directory that is gone fails each line, and is found again when it is back', async (t) => {
    const directory = join(temporaryDirectory(t), 'mounted');
    mkdirSync(directory);
    const archive = await archiveIn(t, directory);
    const elsewhere = `${directory}-elsewhere`;
    renameSync(directory, elsewhere);
    await assert.rejects(archive.append(line('lost')), { code: 'ENOENT' });
    renameSync(elsewhere, directory);
    await archive.append(line('after'));
    assert.deepEqual(Object.values(contents(directory)), ['after\n']);
    assert.deepEqual(readdirSync(directory), ['events-20250401-0001.ndjson']);
    assert.ok(!existsSync(elsewhere));
  });
});
