import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, deliverAll, NOW_MS, read, rows, settlement, stage } from '../support/ledger-scenes.ts';
import { stagedMessage, stagedReject } from '../support/staged-records.ts';
import type { OpenFresh } from './ledger-contract.ts';

export function lookingContract(openFresh: OpenFresh): void {
  test('an empty ledger holds nothing', async (t) => {
    const ledger = await openFresh(t).open();
    assert.deepEqual(await ledger.counts(), { accepted: 0, failed: 0, unknown: 0, pending: 0 });
    assert.deepEqual(await ledger.codes(3), []);
    assert.deepEqual(await ledger.runs(3), []);
    assert.deepEqual(await ledger.breakdown(), { departments: [], types: [], days: [] });
    assert.deepEqual(await rows(ledger.export('accepted')), []);
  });

  test('runs are told latest first, with their summary once they have ended', async (t) => {
    const ledger = await openFresh(t).open();
    const crashed = await begin(ledger);
    const complete = await begin(ledger);
    await ledger.endRun(complete, {
      status: 'complete',
      endedAtMs: NOW_MS + 5,
      summaryJson: '{"balanced":true}',
    });
    const running = await begin(ledger);
    const known = await ledger.runs(10);
    assert.deepEqual(
      known.map(({ run, status }) => [run, status]),
      [
        [running, 'running'],
        [complete, 'complete'],
        [crashed, 'crashed'],
      ],
    );
    assert.equal(known[1]?.summaryJson, '{"balanced":true}');
    assert.equal((await ledger.runs(1)).length, 1);
  });

  test('codes are counted by state, and by field for rejects, each with a few positions', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    const messages = [2, 3, 4].map((line) => stagedMessage({ id: `m${line}`, line }));
    await stage(ledger, run, messages);
    await deliverAll(ledger, run, ({ id, sourceUuid }) =>
      settlement(id, sourceUuid === 'm4' ? 'unknown' : 'failed', { code: 'E1' }),
    );
    await stage(ledger, run, [
      stagedReject({ record: { n: 1 }, line: 5 }),
      stagedReject({ record: { n: 2 }, line: 6, code: 'RAGGED_ROW' }),
      stagedMessage({ id: 'm2', body: 'Hi', line: 8 }),
    ]);
    const codes = await ledger.codes(1);
    assert.deepEqual(
      codes.toSorted((a, b) => (`${a.state}${a.code}` < `${b.state}${b.code}` ? -1 : 1)),
      [
        { state: 'conflict', code: 'CONFLICT', field: null, count: 1, examples: ['export.csv:8'] },
        { state: 'failed', code: 'E1', field: null, count: 2, examples: ['export.csv:2'] },
        {
          state: 'rejected',
          code: 'RAGGED_ROW',
          field: 'messageAttributes.body',
          count: 1,
          examples: ['export.csv:6'],
        },
        {
          state: 'rejected',
          code: 'REQUIRED',
          field: 'messageAttributes.body',
          count: 1,
          examples: ['export.csv:5'],
        },
        { state: 'unknown', code: 'E1', field: null, count: 1, examples: ['export.csv:4'] },
      ],
    );
    assert.equal(codes[0]?.count, 2, 'the most frequent first');
  });

  test('the breakdown counts departments, types and UTC days, days before 1970 too', async (t) => {
    const ledger = await openFresh(t).open();
    await stage(ledger, await begin(ledger), [
      stagedMessage({ id: 'a', sentAtUtcMs: Date.UTC(2024, 1, 29, 23, 59, 59, 999) }),
      stagedMessage({ id: 'b', sentAtUtcMs: Date.UTC(2024, 2, 1), type: 'OUTGOING' }),
      stagedMessage({ id: 'c', sentAtUtcMs: -1, department: 'department-2' }),
      stagedMessage({ id: 'd', sentAtUtcMs: 0, customer: 'customer-2' }),
    ]);
    assert.deepEqual(await ledger.breakdown(), {
      departments: [
        { departmentUuid: 'department-1', messages: 3 },
        { departmentUuid: 'department-2', messages: 1 },
      ],
      types: [
        { type: 'INCOMING', messages: 3 },
        { type: 'OUTGOING', messages: 1 },
      ],
      days: [
        { day: '1969-12-31', messages: 1 },
        { day: '1970-01-01', messages: 1 },
        { day: '2024-02-29', messages: 1 },
        { day: '2024-03-01', messages: 1 },
      ],
    });
  });

  test('an export gives every row of its state once, in reading order, while the ledger is being written', async (t) => {
    const ledger = await openFresh(t).open();
    const run = await begin(ledger);
    const ids = Array.from({ length: 250 }, (_, index) => `m${index}`);
    await stage(
      ledger,
      run,
      ids.map((id, index) => stagedMessage({ id, line: index + 2 })),
    );
    const told: string[] = [];
    for await (const row of ledger.export('pending')) {
      told.push(row.sourceUuid ?? '');
      if (told.length === 1) await read(ledger, run, 'another.csv');
    }
    assert.deepEqual(told, ids);
    const [row] = await rows(ledger.export('pending'));
    assert.deepEqual(row, {
      recordJson: stagedMessage({ id: 'm0' }).recordJson,
      ...{ sourceUuid: 'm0', departmentUuid: 'department-1', customerUuid: 'customer-1', messageUuid: null },
      ...{ state: 'pending', code: null, error: null, file: 'export.csv', line: 2 },
    });
  });
}
