import type { LedgerContext } from './context.ts';
import { giveBackFreePages } from './free-pages.ts';
import { interruptAttempts } from './interruption.ts';
import type { Ledger, RunRecord } from './ledger.ts';
import { createOutcomes } from './outcomes.ts';

interface RunRow {
  readonly id: number;
  readonly command: string;
  readonly status: string;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly summary: string | null;
}

/** Runs and the inputs that they read. */
export function createRuns(
  context: LedgerContext,
): Pick<Ledger, 'beginRun' | 'endRun' | 'runs' | 'hasCompleteInput' | 'beginInput' | 'endInput'> {
  const { db, stream } = context;
  const beginRun = db.transaction((run: { command: string; startedAtMs: number }) => {
    db.prepare("UPDATE run SET status = 'crashed' WHERE stream = ? AND status = 'running'").run(stream);
    createOutcomes(context).applyAll();
    const interrupted = interruptAttempts(context, run.startedAtMs);
    const { lastInsertRowid } = db
      .prepare(
        `INSERT INTO run (stream, command, status, started_at_ms)
         VALUES (${stream}, @command, 'running', @startedAtMs)`,
      )
      .run(run);
    return { run: Number(lastInsertRowid), interrupted };
  });

  const beginInput = db.transaction((input: { run: number; name: string; sizeBytes: number | null }) => {
    // What an earlier reading of it left in the ledger may be replaced from now on: its fingerprint vouches for nothing.
    db.prepare(
      'UPDATE input SET fingerprint = NULL WHERE stream = ? AND name = ? AND fingerprint IS NOT NULL',
    ).run(stream, input.name);
    const { lastInsertRowid } = db
      .prepare(
        `INSERT INTO input (run, stream, name, size_bytes, status)
         VALUES (@run, ${stream}, @name, @sizeBytes, 'reading')`,
      )
      .run(input);
    return Number(lastInsertRowid);
  });

  return {
    beginRun: async (run) => beginRun.immediate(run),
    async endRun(run, { status, endedAtMs, summaryJson }) {
      db.prepare('UPDATE run SET status = ?, ended_at_ms = ?, summary = ? WHERE id = ?').run(
        ...[status, endedAtMs, summaryJson, run],
      );
      await giveBackFreePages(db, stream);
    },
    async runs(limit) {
      return db
        .prepare<[number, number], RunRow>('SELECT * FROM run WHERE stream = ? ORDER BY id DESC LIMIT ?')
        .all(stream, limit)
        .map(toRunRecord);
    },
    async hasCompleteInput(fingerprint) {
      const found = db
        .prepare("SELECT 1 FROM input WHERE stream = ? AND fingerprint = ? AND status = 'complete'")
        .get(stream, fingerprint);
      return found !== undefined;
    },
    beginInput: async (input) => beginInput.immediate(input),
    async endInput(input, { status, fingerprint, records }) {
      db.prepare('UPDATE input SET status = ?, fingerprint = ?, records = ? WHERE id = ?').run(
        ...[status, fingerprint, records, input],
      );
    },
  };
}

function toRunRecord(row: RunRow): RunRecord {
  return {
    run: row.id,
    command: row.command,
    status: row.status,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    summaryJson: row.summary,
  };
}
