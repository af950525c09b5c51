/**
 * The judge of whole imports: holds what the ledger claims against what the API holds, and both against what the export
 * said. It shares no code with the product: the ledger is read with plain SQL, the API over its own HTTP.
 *
 * The promise: accepted in the ledger ⊆ stored at the API ⊆ accepted or unknown in the ledger; hence equal when nothing
 * is unknown. What is stored has the ledger's envelope, and the export's text to the byte and instant to the millisecond.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import Database from 'better-sqlite3';
import { jsonLines } from './json-lines.ts';
import { stateSql } from './ledger-state.ts';

/** A message as the export, read by other means than the product's, says that it should arrive. */
export interface ExpectedMessage {
  readonly departmentUuid: string;
  readonly customerUuid: string;
  /** null where the message has none. */
  readonly body: string | null;
  readonly sentOnMs: number;
}

export interface OracleCase {
  /** The SQLite file. */
  readonly ledger: string;
  /** The stream's name; may be left out when the ledger holds one. */
  readonly stream?: string;
  /** Base URL of the simulator, which must keep bodies when `expected` is given. */
  readonly baseUrl: string;
  /** By sourceUuid. Every message that may be stored; the rejected ones and the like are not in it. */
  readonly expected?: ReadonlyMap<string, ExpectedMessage>;
}

export interface OracleVerdict {
  readonly accepted: number;
  readonly failed: number;
  readonly unknown: number;
  readonly pending: number;
  readonly stored: number;
}

interface StoredLine {
  readonly sourceUuid: string;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly messageUuid: string;
  readonly sha256: string;
  readonly sentOnMs: number | null;
  readonly item?: string;
}

interface LedgerRow {
  readonly sourceUuid: string;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly messageUuid: string | null;
  readonly sentAtMs: number;
  readonly state: number;
  /** Null when acceptance has dropped it. */
  readonly item: string | null;
}

type Standing = 'pending' | 'unknown' | 'accepted' | 'failed';

/** The worst of violations: nobody would send it again. */
export const LOST = 'accepted but not stored';

/** By the ledger's code: pending, sending, accepted, failed, unknown, stored, missing. What is being sent may arrive. */
const STANDINGS: readonly Standing[] = [
  'pending',
  'unknown',
  'accepted',
  'failed',
  'unknown',
  'accepted',
  'accepted',
];

const messagesSql = (db: Database.Database) => `
  SELECT message.source_uuid AS sourceUuid, department.uuid AS departmentUuid,
    conversation.customer_uuid AS customerUuid, message.message_uuid AS messageUuid,
    message.sent_at_ms AS sentAtMs, ${stateSql(db)} AS state, payload.item AS item
  FROM message
  JOIN stream ON stream.id = message.stream
  JOIN conversation ON conversation.id = message.conversation
  JOIN department ON department.id = conversation.department
  LEFT JOIN payload ON payload.message = message.id
  WHERE ? IS NULL OR stream.name = ?`;

/** @throws {assert.AssertionError} that lists the first few violations of each kind. */
export async function assertImportIsTrue(given: OracleCase): Promise<OracleVerdict> {
  const { verdict, violations } = await judgeImport(given);
  violations.assertNone();
  return verdict;
}

/** The same, for those who count violations first. */
export async function judgeImport(
  given: OracleCase,
): Promise<{ readonly verdict: OracleVerdict; readonly violations: Violations }> {
  const stored = await readStored(given.baseUrl);
  const violations = createViolations();
  const verdict = { accepted: 0, failed: 0, unknown: 0, pending: 0, stored: stored.size };
  const known = new Set<string>();
  const database = new Database(given.ledger, { readonly: true, fileMustExist: true });
  try {
    const stream = given.stream ?? null;
    for (const row of database
      .prepare<[string | null, string | null], LedgerRow>(messagesSql(database))
      .iterate(stream, stream)) {
      known.add(row.sourceUuid);
      const standing = STANDINGS[row.state] as Standing;
      verdict[standing]++;
      const there = stored.get(row.sourceUuid);
      if (there) compareWithLedger(row, standing, there, violations);
      else if (standing === 'accepted') violations.add(LOST, row.sourceUuid);
    }
  } finally {
    database.close();
  }
  for (const line of stored.values()) {
    if (!known.has(line.sourceUuid)) violations.add('stored but not in the ledger', line.sourceUuid);
    if (given.expected) compareWithExport(line, given.expected.get(line.sourceUuid), violations);
  }
  return { verdict, violations };
}

/** How the sender behaved: one request in flight per customer, conversation order, and within its rate. */
export async function assertGoodManners(
  baseUrl: string,
  requestsPerSecond = Number.POSITIVE_INFINITY,
): Promise<void> {
  const stats = (await (await fetch(`${new URL(baseUrl).origin}/__stats`)).json()) as Record<string, number>;
  assert.ok((stats.maxInFlightPerCustomer as number) <= 1, 'at most one request in flight per customer');
  assert.equal(stats.orderViolations, 0, 'first attempts arrive in conversation order');
  assert.equal(stats.changed, 0, 'what comes again is the same to the byte');
  assert.equal(stats.moved, 0, 'what comes again is for the same customer');
  assert.equal(stats.followedRedirects, 0, 'redirects are not followed');
  assert.equal(stats.defects, 0, 'the simulator itself is well');
  assert.ok(
    (stats.maxRequestsPerSecond as number) <= requestsPerSecond,
    `${stats.maxRequestsPerSecond} requests arrived within one second; ${requestsPerSecond} may`,
  );
}

async function readStored(baseUrl: string): Promise<Map<string, StoredLine>> {
  const response = await fetch(`${new URL(baseUrl).origin}/__stored`);
  assert.equal(response.status, 200);
  const stored = new Map<string, StoredLine>();
  for await (const line of jsonLines<StoredLine>(response)) {
    assert.equal(stored.has(line.sourceUuid), false, 'the API lists each message once');
    stored.set(line.sourceUuid, line);
  }
  return stored;
}

function compareWithLedger(
  row: LedgerRow,
  standing: Standing,
  there: StoredLine,
  violations: Violations,
): void {
  const { sourceUuid } = row;
  if (standing !== 'accepted' && standing !== 'unknown') violations.add(`stored but ${standing}`, sourceUuid);
  if (there.departmentUuid !== row.departmentUuid || there.customerUuid !== row.customerUuid) {
    violations.add('stored for somebody else', sourceUuid);
  }
  if (there.sentOnMs !== row.sentAtMs)
    violations.add('stored with another time than in the ledger', sourceUuid);
  if (row.messageUuid !== null && there.messageUuid !== row.messageUuid) {
    violations.add('kept with another messageUuid than the API gave', sourceUuid);
  }
  if (row.item !== null && hash('sha256', row.item) !== there.sha256) {
    violations.add('stored with other bytes than the ledger keeps', sourceUuid);
  }
}

function compareWithExport(
  line: StoredLine,
  expected: ExpectedMessage | undefined,
  violations: Violations,
): void {
  const { sourceUuid, item } = line;
  if (expected === undefined) {
    violations.add('stored but not in the export', sourceUuid);
    return;
  }
  assert.ok(item !== undefined, 'bodies are compared only where the simulator keeps them');
  assert.equal(hash('sha256', item), line.sha256, 'the simulator keeps what it received');
  const { sentOn, receivedOn, messageAttributes } = JSON.parse(item) as {
    sentOn?: string;
    receivedOn?: string;
    messageAttributes: { body?: string };
  };
  if (line.departmentUuid !== expected.departmentUuid || line.customerUuid !== expected.customerUuid) {
    violations.add('stored for somebody else than in the export', sourceUuid);
  }
  if ((messageAttributes.body ?? null) !== expected.body)
    violations.add('stored with another body', sourceUuid);
  if (Date.parse(sentOn ?? receivedOn ?? '') !== expected.sentOnMs) {
    violations.add('stored with another time than in the export', sourceUuid);
  }
}

interface Violations {
  add(kind: string, sourceUuid: string): void;
  count(kind: string): number;
  assertNone(): void;
}

const SHOWN_PER_KIND = 5;

function createViolations(): Violations {
  const kinds = new Map<string, string[]>();
  return {
    add(kind, sourceUuid) {
      const found = kinds.get(kind);
      if (found) found.push(sourceUuid);
      else kinds.set(kind, [sourceUuid]);
    },
    count: (kind) => kinds.get(kind)?.length ?? 0,
    assertNone() {
      const lines = [...kinds].map(
        ([kind, uuids]) => `${kind}: ${uuids.length} (${uuids.slice(0, SHOWN_PER_KIND).join(', ')})`,
      );
      assert.equal(lines.length, 0, lines.join('\n'));
    },
  };
}
