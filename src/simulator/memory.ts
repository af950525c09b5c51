/**
 * What the simulated API remembers: one row per sourceUuid that it ever saw, in parallel columns, so that a
 * million messages take some 250 MB and not a gigabyte.
 */
import { hash } from 'node:crypto';

const DIGEST_BYTES = 32;

export interface StoredMessage {
  readonly sourceUuid: string;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly messageUuid: string;
  /** SHA-256 (hex) of the item's text exactly as received, the latest accepted. */
  readonly sha256: string;
  /** How often it was accepted. A target that does not deduplicate holds it so many times. */
  readonly submissions: number;
  /** `sentOn` of the item (`receivedOn` where absent), Unix epoch milliseconds. */
  readonly sentOnMs: number | null;
  /** The item's text, when bodies are kept. */
  readonly item?: string;
}

/** What is known of one customer in one department. */
export interface CustomerRecord {
  readonly departmentUuid: string;
  readonly customerUuid: string;
  inFlight: number;
  stored: number;
  /** The latest sentOn among its messages that were accepted at their first submission. */
  latestSentOnMs: number;
}

export interface AcceptedItem {
  readonly sourceUuid: string;
  readonly customer: CustomerRecord;
  readonly text: Buffer;
  readonly sentOnMs: number | null;
}

export interface MemoryCounts {
  /** Distinct messages held. */
  readonly stored: number;
  /** Accepted submissions of messages that were held already. */
  readonly resubmitted: number;
  /** Messages accepted more than once: doubled at a target that does not deduplicate. */
  readonly doubled: number;
  /** Resubmissions whose bytes differ from what was held. */
  readonly changed: number;
  /** Resubmissions for another customer or department. */
  readonly moved: number;
  /** Messages accepted at their first submission though a later one of the customer had been before. */
  readonly orderViolations: number;
}

export interface Memory {
  customer(departmentUuid: string, customerUuid: string): CustomerRecord;
  customers(): Iterable<CustomerRecord>;
  /** Notes that an item was submitted, whatever becomes of it. Returns how often it has been, this time included. */
  noteSubmission(sourceUuid: string): number;
  isStored(sourceUuid: string): boolean;
  store(item: AcceptedItem): void;
  counts(): MemoryCounts;
  /** In order of first acceptance. */
  stored(): Iterable<StoredMessage>;
}

/** The API's own identifier of a message: opaque, 43 characters, the same for the same sourceUuid. */
export function messageUuidOf(sourceUuid: string): string {
  return hash('sha256', sourceUuid, 'base64url');
}

export function createMemory({ keepBodies }: { readonly keepBodies: boolean }): Memory {
  const rows = new Map<string, number>();
  const attempts: number[] = [];
  const submissions: number[] = [];
  const owners: (CustomerRecord | null)[] = [];
  const sentOn: number[] = [];
  const sourceUuids: string[] = [];
  const storedRows: number[] = [];
  const items = new Map<number, string>();
  let digests = Buffer.alloc(1024 * DIGEST_BYTES);
  const customers = new Map<string, CustomerRecord>();
  let resubmitted = 0;
  let doubled = 0;
  let changed = 0;
  let moved = 0;
  let orderViolations = 0;

  function rowOf(sourceUuid: string): number {
    const known = rows.get(sourceUuid);
    if (known !== undefined) return known;
    const row = rows.size;
    rows.set(sourceUuid, row);
    sourceUuids.push(sourceUuid);
    attempts.push(0);
    submissions.push(0);
    owners.push(null);
    sentOn.push(Number.NaN);
    return row;
  }

  function digestAt(row: number): Buffer {
    return digests.subarray(row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES);
  }

  function keepDigest(row: number, digest: Buffer): void {
    if ((row + 1) * DIGEST_BYTES > digests.length) {
      const larger = Buffer.alloc(Math.max(digests.length * 2, (row + 1) * DIGEST_BYTES));
      digests.copy(larger);
      digests = larger;
    }
    digest.copy(digests, row * DIGEST_BYTES);
  }

  function noteOrder({ customer, sentOnMs }: AcceptedItem): void {
    if (sentOnMs === null) return;
    if (sentOnMs < customer.latestSentOnMs) orderViolations++;
    else customer.latestSentOnMs = sentOnMs;
  }

  function noteResubmission(row: number, digest: Buffer, customer: CustomerRecord): void {
    resubmitted++;
    if (submissions[row] === 1) doubled++;
    if (!digestAt(row).equals(digest)) changed++;
    if (owners[row] !== customer) moved++;
  }

  return {
    customer(departmentUuid, customerUuid) {
      const key = `${departmentUuid}\u0000${customerUuid}`;
      let record = customers.get(key);
      if (record === undefined) {
        record = {
          departmentUuid,
          customerUuid,
          inFlight: 0,
          stored: 0,
          latestSentOnMs: Number.NEGATIVE_INFINITY,
        };
        customers.set(key, record);
      }
      return record;
    },
    customers: () => customers.values(),
    noteSubmission(sourceUuid) {
      const row = rowOf(sourceUuid);
      attempts[row] = (attempts[row] as number) + 1;
      return attempts[row] as number;
    },
    isStored(sourceUuid) {
      const row = rows.get(sourceUuid);
      return row !== undefined && (submissions[row] as number) > 0;
    },
    store(item) {
      const row = rowOf(item.sourceUuid);
      const digest = hash('sha256', item.text, 'buffer');
      if (submissions[row] === 0) {
        storedRows.push(row);
        item.customer.stored++;
        if ((attempts[row] as number) <= 1) noteOrder(item);
      } else {
        noteResubmission(row, digest, item.customer);
      }
      submissions[row] = (submissions[row] as number) + 1;
      owners[row] = item.customer;
      sentOn[row] = item.sentOnMs ?? Number.NaN;
      keepDigest(row, digest);
      if (keepBodies) items.set(row, item.text.toString('utf8'));
    },
    counts: () => ({ stored: storedRows.length, resubmitted, doubled, changed, moved, orderViolations }),
    *stored() {
      for (const row of storedRows) {
        const owner = owners[row] as CustomerRecord;
        const sourceUuid = sourceUuids[row] as string;
        const item = items.get(row);
        const sentOnMs = sentOn[row] as number;
        yield {
          sourceUuid,
          departmentUuid: owner.departmentUuid,
          customerUuid: owner.customerUuid,
          messageUuid: messageUuidOf(sourceUuid),
          sha256: digestAt(row).toString('hex'),
          submissions: submissions[row] as number,
          sentOnMs: Number.isNaN(sentOnMs) ? null : sentOnMs,
          ...(item === undefined ? {} : { item }),
        };
      }
    },
  };
}
