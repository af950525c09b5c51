import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, plannedIds, rows, stage } from '../support/ledger-scenes.ts';
import { stagedMessage, stagedReject, stagedSkip } from '../support/staged-records.ts';
import type { OpenFresh } from './ledger-contract.ts';

const RECORD = { id: 'a', body: '' };

export function rejectsContract(openFresh: OpenFresh): void {
  test('a rejected record is kept with its fields and errors, once however often it is read', async (t) => {
    const ledger = await openFresh(t).open();
    for (const file of ['monday.csv', 'monday.csv', 'tuesday.csv']) {
      const { tally } = await stage(ledger, await begin(ledger), [
        stagedReject({ record: RECORD, file, line: 7 }),
      ]);
      assert.equal(tally.rejected, 1);
    }
    assert.equal(await ledger.openRejects(), 1);
    const [row] = await rows(ledger.export('rejected'));
    assert.deepEqual(
      [row?.recordJson, row?.code, row?.file, row?.line],
      [JSON.stringify(RECORD), 'REQUIRED', 'monday.csv', 7],
      'at the position where it was first read',
    );
    assert.match(row?.error ?? '', /messageAttributes\.body: is not there/);
  });

  test('true repeats within one file are rejects of their own, and stay as many when read again', async (t) => {
    const ledger = await openFresh(t).open();
    const repeats = [2, 3, 4].map((line) => stagedReject({ record: RECORD, line }));
    for (const _ of [1, 2]) await stage(ledger, await begin(ledger), repeats);
    assert.equal(await ledger.openRejects(), 3);
    await stage(ledger, await begin(ledger), repeats.slice(0, 2));
    assert.equal(await ledger.openRejects(), 3);
  });

  test('a reject carries the errors of its latest reading', async (t) => {
    const ledger = await openFresh(t).open();
    await stage(ledger, await begin(ledger), [stagedReject({ record: RECORD, code: 'REQUIRED' })]);
    await stage(ledger, await begin(ledger), [stagedReject({ record: RECORD, code: 'NOT_IN_LIST' })]);
    assert.deepEqual(
      (await rows(ledger.export('rejected'))).map(({ code }) => code),
      ['NOT_IN_LIST'],
    );
  });

  for (const outcome of ['message', 'skipped'] as const) {
    test(`a later reading that makes it a ${outcome} closes the reject; one that rejects it again opens it`, async (t) => {
      const ledger = await openFresh(t).open();
      const mapped =
        outcome === 'message'
          ? stagedMessage({ id: 'a' })
          : stagedSkip({ record: { id: 'a', body: 'Hello', note: '' } });
      const rejected = stagedReject({ record: JSON.parse(mapped.recordJson) });
      await stage(ledger, await begin(ledger), [rejected]);
      await stage(ledger, await begin(ledger), [mapped]);
      assert.equal(await ledger.openRejects(), 0);
      assert.deepEqual(await rows(ledger.export('rejected')), []);
      await stage(ledger, await begin(ledger), [rejected]);
      assert.equal(await ledger.openRejects(), 1);
      assert.equal((await rows(ledger.export('rejected')))[0]?.recordJson, mapped.recordJson);
    });
  }

  test('each reading of a record closes one reject', async (t) => {
    const ledger = await openFresh(t).open();
    const message = stagedMessage({ id: 'a' });
    const rejected = stagedReject({ record: JSON.parse(message.recordJson) });
    await stage(ledger, await begin(ledger), [rejected, rejected]);
    const run = await begin(ledger);
    await stage(ledger, run, [message]);
    assert.equal(await ledger.openRejects(), 1);
    await stage(ledger, run, [stagedMessage({ id: 'a', line: 3 })]);
    assert.equal(await ledger.openRejects(), 0);
  });

  test('a corrected record closes the reject that it came from, whatever identity it has now, for good', async (t) => {
    const ledger = await openFresh(t).open();
    const bad = [2, 3].map((line) => stagedReject({ record: { line }, line }));
    await stage(ledger, await begin(ledger), bad);
    const corrected = stagedMessage({
      id: 'new',
      file: 'fixed.csv',
      line: 2,
      origin: { file: 'export.csv', line: 3 },
    });
    const { tally } = await stage(ledger, await begin(ledger), [corrected]);
    assert.equal(tally.new, 1);
    assert.deepEqual(
      (await rows(ledger.export('rejected'))).map(({ line }) => line),
      [2],
    );
    await stage(ledger, await begin(ledger), bad);
    assert.equal(await ledger.openRejects(), 1, 'the bad record is still in the export, and is dealt with');
    assert.deepEqual(await plannedIds(ledger), ['new']);
  });

  test('of several rejects at one position, the one of the same identity is closed', async (t) => {
    const ledger = await openFresh(t).open();
    for (const id of ['a', 'b', 'c']) {
      await stage(ledger, await begin(ledger), [stagedReject({ record: { id }, line: 2, sourceUuid: id })]);
    }
    await stage(ledger, await begin(ledger), [
      stagedMessage({ id: 'b', origin: { file: 'export.csv', line: 2 } }),
    ]);
    assert.deepEqual(
      (await rows(ledger.export('rejected'))).map(({ sourceUuid }) => sourceUuid),
      ['a', 'c'],
    );
  });

  test('where a format has no lines, identity tells which reject a corrected record closes', async (t) => {
    const ledger = await openFresh(t).open();
    const bad = ['a', 'b'].map((id) =>
      stagedReject({ record: { id }, line: null, file: 'x.json', sourceUuid: id }),
    );
    await stage(ledger, await begin(ledger), bad);
    await stage(ledger, await begin(ledger), [
      stagedMessage({ id: 'b', origin: { file: 'x.json', line: null } }),
    ]);
    assert.deepEqual(
      (await rows(ledger.export('rejected'))).map(({ sourceUuid }) => sourceUuid),
      ['a'],
    );
    await stage(ledger, await begin(ledger), [
      stagedMessage({ id: 'c', origin: { file: 'x.json', line: null } }),
    ]);
    assert.equal(await ledger.openRejects(), 1, 'nothing says that it was this one');
  });

  test('a corrected record that is still rejected is the same reject, with its new errors and fields', async (t) => {
    const ledger = await openFresh(t).open();
    await stage(ledger, await begin(ledger), [stagedReject({ record: RECORD, line: 7 })]);
    const still = stagedReject({
      ...{ record: { id: 'a', body: '?' }, code: 'TOO_SHORT', file: 'fixed.csv', line: 2 },
      origin: { file: 'export.csv', line: 7 },
    });
    for (const _ of [1, 2]) await stage(ledger, await begin(ledger), [still]);
    const all = await rows(ledger.export('rejected'));
    assert.deepEqual(
      all.map(({ code, file, line, recordJson }) => [code, file, line, recordJson]),
      [['TOO_SHORT', 'export.csv', 7, '{"id":"a","body":"?"}']],
    );
  });

  test('a record that the reader could not read stays rejected when fed back as it was', async (t) => {
    const ledger = await openFresh(t).open();
    const ragged = stagedReject({
      record: { id: 'a', body: 'Hello' },
      line: 7,
      unreadable: true,
      code: 'RAGGED_ROW',
    });
    await stage(ledger, await begin(ledger), [ragged]);
    const origin = { file: 'export.csv', line: 7 };
    const padded = stagedMessage({ id: 'a', body: 'Hello', note: '', origin });
    assert.deepEqual((await stage(ledger, await begin(ledger), [padded])).tally.rejected, 1);
    assert.equal(await ledger.openRejects(), 1);
    assert.deepEqual(await plannedIds(ledger), []);
    const corrected = stagedMessage({ id: 'a', body: 'Hello, you', origin });
    assert.equal((await stage(ledger, await begin(ledger), [corrected])).tally.new, 1);
    assert.equal(await ledger.openRejects(), 0);
  });

  test('a dismissed reject stays dismissed, however often it is read', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    const bad = ['a', 'b', 'c'].map((id, index) =>
      stagedReject({ record: { id }, line: index + 2, sourceUuid: id === 'c' ? null : id }),
    );
    await stage(ledger, run, bad);
    assert.equal(await ledger.dismissRejects({ ids: ['a', 'export.csv:4', 'nobody'] }), 2);
    assert.deepEqual(
      (await rows(ledger.export('rejected'))).map(({ sourceUuid }) => sourceUuid),
      ['b'],
    );
    const { tally } = await stage(ledger, await begin(ledger), bad);
    assert.equal(tally.rejected, 3);
    assert.equal(await ledger.openRejects(), 1);
    assert.equal(await ledger.dismissRejects({ run }), 0, 'it was last read by another run');
    assert.equal(await ledger.dismissRejects({}), 1);
  });
}
