/** Records as staging hands them to a ledger, made from the few words that a test cares about. */
import type { StagedMessage, StagedReject, StagedSkip } from '../../src/ledger/ledger.ts';

export const DEPARTMENT = 'department-1';

interface Origin {
  readonly file: string | null;
  readonly line: number | null;
}

interface Common {
  readonly file?: string;
  readonly line?: number | null;
  readonly origin?: Origin;
}

function base(record: Readonly<Record<string, unknown>>, { file = 'export.csv', line = 2, origin }: Common) {
  const recordJson = JSON.stringify(record);
  return {
    position: { file, line, byte: null, index: (line ?? 2) - 2 },
    recordJson,
    ...(origin === undefined ? {} : { origin }),
  };
}

export interface MessageWords extends Common {
  readonly id: string;
  readonly body?: string;
  /** What the record says beside the body: other words make another record of the same content. */
  readonly note?: string;
  /** What the mapping makes of the body: another one gives other content for the same record. */
  readonly mapping?: string;
  readonly department?: string;
  readonly customer?: string;
  readonly sentAtUtcMs?: number;
  readonly type?: string;
  readonly version?: number | null;
}

export function stagedMessage(words: MessageWords): StagedMessage {
  const { id, body = 'Hello', note = '', mapping = '', sentAtUtcMs = 1_700_000_000_000 } = words;
  const { department = DEPARTMENT, customer = 'customer-1', type = 'INCOMING' } = words;
  const itemJson = JSON.stringify({ sourceUuid: id, messageAttributes: { body: body + mapping, type } });
  return {
    kind: 'message',
    type,
    ...base({ id, body, note }, words),
    sourceUuid: id,
    departmentUuid: department,
    customerUuid: customer,
    sentAtUtcMs,
    itemJson,
    ...(words.version === undefined ? {} : { version: words.version }),
  };
}

export interface RejectWords extends Common {
  readonly record: Readonly<Record<string, unknown>>;
  readonly code?: string;
  readonly unreadable?: boolean;
  readonly sourceUuid?: string | null;
}

export function stagedReject(words: RejectWords): StagedReject {
  const { record, code = 'REQUIRED', unreadable = false, sourceUuid = null } = words;
  return {
    kind: 'rejected',
    ...base(record, words),
    errors: [{ field: 'messageAttributes.body', code, message: 'is not there', fix: 'Fill it in.' }],
    unreadable,
    sourceUuid,
  };
}

export function stagedSkip(
  words: Common & { readonly record: Readonly<Record<string, unknown>> },
): StagedSkip {
  return { kind: 'skipped', ...base(words.record, words), reason: 'never delivered' };
}
