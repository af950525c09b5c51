/** The data that benchmarks share: exports and ledgers, made in a benchmark's own directory. */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Measured } from '../harness/measured.ts';
import { runLane } from '../harness/processes.ts';
import type { Scenario } from './configuration.ts';
import { type FileFormat, writeExport } from './files.ts';
import type { Spread } from './message-rows.ts';

/** What a texting product's export looks like: some hundred conversations under way at a time. */
export const USUAL_SPREAD: Spread = { messagesPerCustomer: 50, atOnce: 500 };

export interface ExportOptions {
  readonly rows: number;
  readonly format?: FileFormat;
  readonly spread?: Spread;
}

/** @returns its path. */
export async function makeExport(
  directory: string,
  { rows, format = 'csv', spread = USUAL_SPREAD }: ExportOptions,
): Promise<string> {
  const path = join(directory, `messages.${format}`);
  await writeExport(path, { format, rows, spread });
  return path;
}

/** Nobody listens there: for what never sends. */
const NOWHERE = 'http://127.0.0.1:9/communications';

export function scenarioOf(
  file: string,
  {
    ledger = 'unused.db',
    baseUrl = NOWHERE,
    concurrency = 8,
    format = 'csv',
    ...rest
  }: Partial<Scenario> = {},
): Scenario {
  return { file, format, ledger, baseUrl, concurrency, ...rest };
}

/** Stages into an empty ledger. */
export async function stageAnew(scenario: Scenario): Promise<Measured> {
  await removeLedger(scenario.ledger);
  return runLane('backhaul-stage', scenario);
}

export async function removeLedger(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '.lock']) await rm(path + suffix, { force: true });
}

/** Of a ledger that no process has open. */
export async function copyLedger(from: string, to: string): Promise<void> {
  await removeLedger(to);
  await copyFile(from, to);
}
