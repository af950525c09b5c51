/** Holds what came of a trap export against what had to come of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { SimulatorProcess } from './simulator-process.ts';
import { recordsOf, type TrapExport, type TrapMessage } from './trap-export.ts';

export interface StoredVerdict {
  /** Messages that must arrive and have not. */
  readonly missing: number;
  /** How often any message was accepted once more than needed. */
  readonly resubmissions: number;
}

/**
 * Every message stored is one that had to arrive, with its customer, type, body and instant, and none is there twice.
 * Where an export has no identities, equal messages are as many as the export has.
 */
export async function assertOnlyExpectedIsStored(
  api: SimulatorProcess,
  expectedMessages: readonly TrapMessage[],
): Promise<StoredVerdict> {
  const outstanding = new Map<string, number>();
  for (const expected of expectedMessages) {
    const key = keyOf(expected);
    outstanding.set(key, (outstanding.get(key) ?? 0) + 1);
  }
  const strange: string[] = [];
  let resubmissions = 0;
  for await (const { item = '{}', submissions, ...stored } of api.stored()) {
    resubmissions += submissions - 1;
    const { messageAttributes, receivedOn } = JSON.parse(item) as {
      messageAttributes: { type: string; body?: string };
      receivedOn: string;
    };
    const { type, body = null } = messageAttributes;
    const key = [{ ...stored, sourceUuid: null }, stored]
      .map((identified) => keyOf({ ...identified, type, body }))
      .find((candidate) => outstanding.has(candidate));
    const left = key === undefined ? 0 : (outstanding.get(key) as number);
    if (key === undefined || left === 0) strange.push(stored.sourceUuid);
    else outstanding.set(key, left - 1);
    assert.equal(Date.parse(receivedOn), stored.sentOnMs, 'both times of a message are the same');
  }
  assert.deepEqual(strange.slice(0, 5), [], `${strange.length} messages are stored that should not be`);
  const missing = [...outstanding.values()].reduce((sum, count) => sum + count, 0);
  return { missing, resubmissions };
}

function keyOf(message: TrapMessage): string {
  const { sourceUuid, departmentUuid, customerUuid, type, body, sentOnMs } = message;
  return JSON.stringify([sourceUuid, departmentUuid, customerUuid, type, body, sentOnMs]);
}

interface ExportedRow {
  readonly _file: string;
  readonly _line: number;
  readonly _code: string;
  readonly _error: string;
}

/** @param file what `export --state rejected --format ndjson` wrote. */
export function assertRejectsAsPlanned(file: string, trapExport: TrapExport): void {
  const rows = rowsOf(file);
  const planned = recordsOf(trapExport).flatMap(({ file, line, fate }) =>
    fate.is === 'rejected' && !fate.again ? [{ file, line, fate }] : [],
  );
  assertSameLists(
    rows.map(({ _file, _line, _code }) => `${_file}:${_line} ${_code}`),
    planned.map(({ file, line, fate }) => `${file}:${line} ${fate.code}`),
  );
  const errors = new Map(rows.map(({ _file, _line, _error }) => [`${_file}:${_line}`, _error]));
  for (const { file, line, fate } of planned) {
    for (const field of fate.alsoAt ?? []) {
      assert.ok(errors.get(`${file}:${line}`)?.includes(`${field}: `), `${file}:${line} also tells ${field}`);
    }
  }
}

/** @param file what `export --state conflict --format ndjson` wrote. */
export function assertConflictsAsPlanned(file: string, trapExport: TrapExport): void {
  const planned = recordsOf(trapExport).filter(({ fate }) => fate.is === 'conflict' && !fate.message);
  assertSameLists(
    rowsOf(file).map(({ _file, _line }) => `${_file}:${_line}`),
    planned.map(({ file, line }) => `${file}:${line}`),
  );
}

/** In any order. Says only what differs: the lists are long. */
function assertSameLists(found: readonly string[], planned: readonly string[]): void {
  const foundSet = new Set(found);
  const plannedSet = new Set(planned);
  assert.deepEqual(
    {
      missing: planned.filter((entry) => !foundSet.has(entry)),
      unplanned: found.filter((entry) => !plannedSet.has(entry)),
    },
    { missing: [], unplanned: [] },
  );
  assert.equal(found.length, planned.length);
}

function rowsOf(file: string): ExportedRow[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExportedRow);
}
