/**
 * Exports with every trap that real ones were seen to have, and for each of their records where it must end. What is
 * expected is known from how the record was made, never by reading it back: nothing here shares code with the product.
 */

/** A message as it must arrive. */
export interface TrapMessage {
  /** Null where the export has no identities: the product derives one, and which one is its own affair. */
  readonly sourceUuid: string | null;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly type: string;
  /** Null where the message has none. */
  readonly body: string | null;
  readonly sentOnMs: number;
}

/** What becomes of one record when its export is read for the first time. */
export type Fate =
  | { readonly is: 'message'; readonly message: TrapMessage }
  /** The same message as an earlier record. */
  | { readonly is: 'duplicate' }
  /** Another message under the identity of an earlier one. `message`: where the later one is to take its place. */
  | { readonly is: 'conflict'; readonly message?: TrapMessage }
  | { readonly is: 'skipped' }
  | {
      readonly is: 'rejected';
      /** Of the first fault. */
      readonly code: string;
      /** Fields of further faults of the same record. */
      readonly alsoAt?: readonly string[];
      /** Read before, in an earlier file: counted again, listed once. */
      readonly again?: true;
    };

export interface TrapRecord {
  /** 1-based line on which the record begins. */
  readonly line: number;
  readonly fate: Fate;
}

export interface TrapFile {
  readonly name: string;
  readonly content: Uint8Array;
  readonly records: readonly TrapRecord[];
  /** It cannot be read to its end; the records before the damage count. */
  readonly damaged?: true;
}

export interface TrapExport {
  readonly stream: string;
  /** The configuration's part that says how to read it: source, lookups, skip, mapping, …; `ledger` without a path. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly files: readonly TrapFile[];
  /** What the configuration names beside the export: crosswalks, a mapper. */
  readonly companions: Readonly<Record<string, string>>;
  /** What a person might write in place of a bad record, and what it then is; another one for each number. */
  readonly correction: (number: number) => Correction;
}

export interface Correction {
  readonly record: Readonly<Record<string, unknown>>;
  readonly message: TrapMessage;
}

export function message(message: TrapMessage): Fate {
  return { is: 'message', message };
}

export function rejected(code: string, ...alsoAt: string[]): Fate {
  return { is: 'rejected', code, alsoAt };
}

export const SKIPPED: Fate = { is: 'skipped' };
export const DUPLICATE: Fate = { is: 'duplicate' };
export const CONFLICT: Fate = { is: 'conflict' };

export function recordsOf({ files }: TrapExport): (TrapRecord & { readonly file: string })[] {
  return files.flatMap(({ name, records }) => records.map((record) => ({ file: name, ...record })));
}

/** The messages that must have arrived in the end. */
export function messagesOf(trapExport: TrapExport): TrapMessage[] {
  const kept = new Map<string, TrapMessage>();
  const unnamed: TrapMessage[] = [];
  for (const { fate } of recordsOf(trapExport)) {
    if (fate.is !== 'message' && fate.is !== 'conflict') continue;
    if (fate.message === undefined) continue;
    const { sourceUuid } = fate.message;
    if (sourceUuid === null) unnamed.push(fate.message);
    else kept.set(sourceUuid, fate.message);
  }
  return [...kept.values(), ...unnamed];
}

/** The `records` of the summary of the run that reads the export first. */
export function recordCountsOf(trapExport: TrapExport) {
  const count = (wanted: Fate['is']) => recordsOf(trapExport).filter(({ fate }) => fate.is === wanted).length;
  return {
    read: recordsOf(trapExport).length,
    new: count('message'),
    replaced: 0,
    unchanged: 0,
    duplicates: count('duplicate'),
    conflicts: count('conflict'),
    skipped: count('skipped'),
    rejected: count('rejected'),
  };
}
