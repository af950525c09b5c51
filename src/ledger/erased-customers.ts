/** Who was erased with `ledger purge`: known by keyed hashes alone. */
import { createHmac, randomBytes } from 'node:crypto';
import type Database from 'better-sqlite3';
import type { LedgerContext } from './context.ts';

const KEY_BYTES = 32;

/** Customers looked at lately; beyond this many the memory of them starts anew. */
const REMEMBERED = 20_000;

export interface ErasedCustomers {
  /** Looks what the ledger says now; once for many records. @returns whether anybody was erased at all. */
  refresh(): boolean;
  /** As of the last {@link refresh}. */
  includes(customerUuid: string): boolean;
}

/** @param onChange called when somebody was erased since the last look: row ids may no longer be what they were. */
export function createErasedCustomers(
  { db }: Pick<LedgerContext, 'db'>,
  onChange: () => void,
): ErasedCustomers {
  const count = db.prepare<[], number>('SELECT count(*) FROM erased_customer').pluck();
  const allHashes = db.prepare<[], string>('SELECT hex(hash) FROM erased_customer').pluck();
  let hashes: ReadonlySet<string> = new Set();
  let key: Buffer | null = null;
  const known = new Map<string, boolean>();
  return {
    refresh() {
      if ((count.get() ?? 0) !== hashes.size) {
        hashes = new Set(allHashes.all());
        key = readKey(db);
        known.clear();
        onChange();
      }
      return hashes.size > 0;
    },
    includes(customerUuid) {
      const before = known.get(customerUuid);
      if (before !== undefined) return before;
      if (known.size >= REMEMBERED) known.clear();
      const isErased = key !== null && hashes.has(hashOf(key, customerUuid).toString('hex').toUpperCase());
      known.set(customerUuid, isErased);
      return isErased;
    },
  };
}

/** To be called in the transaction that erases them. Those who were erased before are left as they are. */
export function keepHashes(db: Database.Database, customerUuids: readonly string[], nowMs: number): void {
  db.prepare('INSERT INTO erasure_key VALUES (1, ?) ON CONFLICT DO NOTHING').run(randomBytes(KEY_BYTES));
  const key = readKey(db) as Buffer;
  const insert = db.prepare('INSERT INTO erased_customer VALUES (?, ?) ON CONFLICT DO NOTHING');
  for (const customerUuid of customerUuids) insert.run(hashOf(key, customerUuid), nowMs);
}

function readKey(db: Database.Database): Buffer | null {
  return (db.prepare('SELECT key FROM erasure_key').pluck().get() as Buffer | undefined) ?? null;
}

function hashOf(key: Buffer, customerUuid: string): Buffer {
  return createHmac('sha256', key).update(customerUuid, 'utf8').digest();
}
