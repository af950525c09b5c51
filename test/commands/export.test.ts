import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { csvOf, type Project, project, rows } from '../support/project.ts';

const OWN = '_sourceUuid,_departmentUuid,_customerUuid,_messageUuid,_state,_code,_error,_file,_line';

/** m-1 has failed, m-2 is unknown, m-3 and m-4 are accepted, one record is rejected, one in conflict. */
async function projectWithAll(t: TestContext): Promise<Project> {
  const created = await project(t, {
    simulator: {
      faults: [
        { fault: 'refuse', sourceUuid: 'm-1' },
        { fault: 'omit', sourceUuid: 'm-2' },
      ],
    },
    delivery: { resendUnknown: false },
  });
  created.write(
    'export.csv',
    csvOf([...rows(4), { Id: 'bad', Sent: 'yesterday' }, { Id: 'm-3', Body: 'Edited, "later"' }]),
  );
  assert.equal((await created.backhaul('run --quiet')).exitCode, 3);
  return created;
}

test('each state is written out with its records and what became of them', async (t) => {
  const { backhaul } = await projectWithAll(t);
  for (const [state, ids] of [
    ['failed', ['m-1']],
    ['unknown', ['m-2']],
    ['pending', []],
    ['rejected', ['bad']],
    ['conflict', ['m-3']],
  ] as const) {
    const { exitCode, stdout, stderr } = await backhaul(`export --state ${state} --format ndjson`);
    assert.equal(exitCode, 0, stderr);
    const lines = stdout.split('\n').filter((line) => line !== '');
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      records.map(({ Id }) => Id),
      ids,
      state,
    );
    assert.ok(records.every(({ _state }) => _state === state));
    assert.equal(stderr, `${ids.length} ${state} written.\n`);
  }
});

test('CSV for CSV sources: original columns first, then ours; dropped payloads leave theirs out', async (t) => {
  const { backhaul } = await projectWithAll(t);
  const failed = (await backhaul('export --state failed')).stdout.split('\n');
  assert.equal(failed[0], `Id,Department,Customer,Sent,Direction,Body,${OWN}`);
  assert.match(failed[1] ?? '', /^m-1,dept,cust-1,.*,m-1,dept,cust-1,,failed,/);
  const accepted = (await backhaul('export --state accepted --quiet')).stdout.split('\n');
  assert.equal(accepted[0], OWN);
  assert.equal(accepted.length, 4);
  assert.match(accepted[1] ?? '', /^m-3,dept,cust-3,.+,accepted,,,export\.csv,4$/);
});

test('NDJSON for other sources', async (t) => {
  const { backhaul } = await projectWithAll(t);
  const { stdout } = await backhaul('export --state failed --set source.format=ndjson');
  assert.equal((JSON.parse(stdout) as { Id: string }).Id, 'm-1');
});

test('a file is readable by its owner only and replaces what had its name when it is whole', async (t) => {
  const { backhaul, directory, write } = await projectWithAll(t);
  write('failed.csv', 'what was there before');
  const { exitCode, stdout, stderr } = await backhaul('export --state failed -o failed.csv');
  assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 0, stdout: '', stderr: '1 failed written.\n' });
  const path = join(directory, 'failed.csv');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.match(readFileSync(path, 'utf8'), /^Id,/);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.includes('.tmp')),
    [],
  );
});

test('with --json the file is told of in one document; without a file --json is refused', async (t) => {
  const { backhaul } = await projectWithAll(t);
  const told = await backhaul('export --state rejected --json -o rejects.csv');
  assert.deepEqual(told.json(), { exported: 1, state: 'rejected', format: 'csv', file: 'rejects.csv' });
  const refused = await backhaul('export --state rejected --json');
  assert.equal(refused.exitCode, 2);
  assert.equal(refused.json<{ error: { code: string } }>().error.code, 'BAD_FLAG');
});

test('export is refused without a state, with an unknown one, and where it cannot write', async (t) => {
  const { backhaul, directory } = await projectWithAll(t);
  assert.match((await backhaul('export')).stderr, /needs --state.*\nOne of accepted, failed/);
  assert.match((await backhaul('export --state sending')).stderr, /--state must be one of accepted, failed/);
  const unwritable = await backhaul('export --state failed -o nowhere/failed.csv');
  assert.equal(unwritable.exitCode, 2);
  assert.match(unwritable.stderr, /OUTPUT_UNWRITABLE/);
  assert.ok(!existsSync(join(directory, 'nowhere')));
});

test('Ctrl-C leaves no half-written file behind', async (t) => {
  const { backhaul, write, directory } = await project(t, { config: { ledger: { keepPayloads: 'always' } } });
  write('export.csv', csvOf(rows(20_000)));
  await backhaul('run --quiet --set delivery.maxBatchMessages=5000');
  const { exitCode } = await backhaul('export --state accepted -o accepted.csv', {
    onStart: (child) => {
      const timer = setInterval(() => {
        if (!readdirSync(directory).some((name) => name.endsWith('.tmp'))) return;
        clearInterval(timer);
        child.kill('SIGINT');
      }, 5);
      child.once('close', () => clearInterval(timer));
    },
  });
  assert.equal(exitCode, 130);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.includes('accepted')),
    [],
  );
});
