/**
 * Loaded into the program before anything of its own (`node --import`): has the system kill it with SIGKILL at a point that
 * nobody could hit from outside. It changes nothing else; it only watches the driver of the database, the HTTP client's
 * diagnostics channels and the file system, none of which are the program's own code.
 *
 * BACKHAUL_TRIPWIRE is `point,n,when`: the n-th time that the point is passed, counting those `before` the first request,
 * those `after` it, or `any`.
 */
import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import Database from 'better-sqlite3';

const [point, nth, when] = (process.env.BACKHAUL_TRIPWIRE ?? '').split(',');
let passed = 0;
let requests = 0;

function pass(here: string): void {
  if (here !== point) return;
  if (when !== 'any' && (when === 'before') !== (requests === 0)) return;
  passed += 1;
  if (passed === Number(nth)) process.kill(process.pid, 'SIGKILL');
}

/** Locks, and what counts repetitions for a while, are databases, too. */
const isLedger = ({ name }: Database.Database) => name !== '' && !name.includes('-lock-');
const WRITES = /^\s*(INSERT|UPDATE|DELETE|REPLACE)/i;

/** Of a statement that notes what became of an attempt. */
const NOTES = /UPDATE attempt SET outcome = \?/;
let isNoting = false;

/**
 * `write`: before a statement changes something; `commit`: before a transaction is durable; `committed`: when it is; `noted`: when it
 * is, and holds outcomes that are still to be applied.
 */
function around<T>(db: Database.Database, sql: string, writes: boolean, work: () => T): T {
  if (!isLedger(db)) return work();
  const commits = sql === 'COMMIT' || (!db.inTransaction && writes);
  if (commits) pass('commit');
  else if (writes) pass('write');
  const result = work();
  isNoting ||= NOTES.test(sql);
  if (commits) {
    pass('committed');
    if (isNoting) pass('noted');
    isNoting = false;
  }
  return result;
}

interface StatementMethods {
  run(this: Database.Statement, ...words: unknown[]): Database.RunResult;
  all(this: Database.Statement, ...words: unknown[]): unknown[];
}

const probe = new Database(':memory:');
const statements = Object.getPrototypeOf(probe.prepare('SELECT 1')) as StatementMethods;
probe.close();
const { run, all } = statements;
statements.run = function watchedRun(...words) {
  return around(this.database, this.source, WRITES.test(this.source), () => run.apply(this, words));
};
statements.all = function watchedAll(...words) {
  return around(this.database, this.source, WRITES.test(this.source), () => all.apply(this, words));
};
const { exec, pragma } = Database.prototype;
Database.prototype.exec = function watchedExec(sql) {
  return around(this, sql, true, () => exec.call(this, sql));
};
/** `upkeep`: before the file is made smaller or the log is written back. */
Database.prototype.pragma = function watchedPragma(source, options) {
  if (isLedger(this) && /checkpoint\(|incremental_vacuum/.test(source)) pass('upkeep');
  return pragma.call(this, source, options);
};

/** The intent is committed by then, and no byte has left. */
subscribe('undici:request:create', () => {
  requests += 1;
  pass('request');
});
subscribe('undici:request:bodySent', () => pass('request-written'));
subscribe('undici:request:headers', () => pass('answer-begun'));
/** The whole answer has been read; nobody has been told yet. */
subscribe('undici:request:trailers', () => pass('answered'));

const { rename } = fs.promises;
fs.promises.rename = async (from, to) => {
  pass('rename');
  await rename(from, to);
  pass('renamed');
};
/** What streams write through. */
const { write, writev } = fs;
fs.write = ((...words: Parameters<typeof write>) => {
  pass('file-write');
  return write(...words);
}) as typeof write;
fs.writev = ((...words: Parameters<typeof writev>) => {
  pass('file-write');
  return writev(...words);
}) as typeof writev;
syncBuiltinESMExports();
