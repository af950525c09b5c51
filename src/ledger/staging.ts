/** `stage()`: what the ledger makes of each record read. The rules are those of "The same record again" in the seam. */
import { type LedgerContext, STATE } from './context.ts';
import { type Conversations, createConversations } from './conversations.ts';
import { createErasedCustomers, type ErasedCustomers } from './erased-customers.ts';
import type { HashedMessage, HashedRecord } from './hashed-record.ts';
import { createIdentities, type Identities } from './identities.ts';
import {
  type ConflictNotice,
  ERASED,
  type InputId,
  type MessageId,
  type OnConflict,
  type RecordTally,
  type RunId,
  type StageResult,
  SUPERSEDED,
} from './ledger.ts';
import type { LongTransaction } from './long-transaction.ts';
import type { Rejects } from './rejects.ts';
import { createRefuseRepeat } from './repeated-texts.ts';

/** The message that has a record's identity already. */
interface Known {
  readonly id: MessageId;
  readonly state: number;
  readonly has_payload: number;
  readonly ambiguous: number;
  readonly same_content: number;
  readonly same_record: number;
  /** The run that staged its present content. */
  readonly run: RunId;
  readonly version: number | null;
}

/** What one call gathers. */
interface Batch extends StageResult {
  readonly tally: RecordTally;
  readonly conflicts: ConflictNotice[];
  remappedAfterSend: number;
  erased: number;
  readonly skips: Map<string, number>;
  readonly input: InputId;
  readonly run: RunId;
  readonly onConflict: OnConflict;
}

/** Stages what one call brings. `records` is walked through once, and `count` is how many they are. */
export type Stage = (
  input: InputId,
  records: Iterable<HashedRecord>,
  onConflict: OnConflict,
  count: number,
) => StageResult;

/**
 * @param identities by default, those of each call are entered with it
 * @param transact runs work in a transaction that may hold more than this work; by default in one of its own
 */
export function createStaging(
  context: LedgerContext,
  rejects: Rejects,
  identities: Identities = createIdentities(context),
  transact: LongTransaction['run'] = immediately(context),
): Stage {
  const { db, stream } = context;
  const conversations = createConversations(context);
  const messages = createMessageStatements(context, conversations);
  const refuseRepeat = createRefuseRepeat(context, identities);
  const erased = createErasedCustomers(context, conversations.forget);
  const runOf = db.prepare('SELECT run FROM input WHERE id = ?').pluck();
  const addToTally = db.prepare(
    `UPDATE message_tally SET messages = messages + ? WHERE stream = ${stream} AND state = ${STATE.pending}`,
  );

  function stageAll(batch: Batch, records: Iterable<HashedRecord>): void {
    const { tally } = batch;
    let mayCloseRejects = rejects.anyOpen();
    const anyErased = erased.refresh();
    for (const given of records) {
      if (anyErased && isErased(given, erased)) {
        // Where its customer could not be told before, it may have been kept as a reject.
        rejects.erase(given);
        batch.erased += 1;
        tally[skip(ERASED, batch)] += 1;
        continue;
      }
      const record = given.kind === 'message' ? (refuseRepeat(given) ?? given) : given;
      if (record.kind === 'rejected') {
        rejects.keep(record, batch.input);
        mayCloseRejects = true;
        tally.rejected += 1;
      } else if ((mayCloseRejects || record.origin !== undefined) && !rejects.release(record, batch.input)) {
        tally.rejected += 1;
      } else if (record.kind === 'skipped') {
        tally[skip(record.reason, batch)] += 1;
      } else {
        tally[stageMessage(record, batch)] += 1;
      }
    }
    addToTally.run(tally.new);
    identities.enterIfMany();
  }

  function stageMessage(message: HashedMessage, batch: Batch): keyof RecordTally {
    const id = identities.find(message.sourceUuid);
    if (id === null) {
      identities.add(message.sourceUuid, messages.insert(message, batch.input));
      return 'new';
    }
    const known = messages.known(id, message);
    return known.same_content === 1
      ? stageSameContent(known, message, batch)
      : stageOtherContent(known, message, batch);
  }

  function stageSameContent(known: Known, message: HashedMessage, batch: Batch): 'duplicates' | 'unchanged' {
    if (known.has_payload === 0 && maySendAgain(known)) messages.restorePayload(known.id, message);
    if ((ageBeyond(known, message) ?? 0) > 0) messages.renew(known.id, message);
    return known.run === batch.run ? 'duplicates' : 'unchanged';
  }

  function stageOtherContent(known: Known, message: HashedMessage, batch: Batch): keyof RecordTally {
    const sameRecord = known.same_record === 1;
    const unsent = known.state === STATE.pending || known.state === STATE.failed;
    const age = ageBeyond(known, message);
    if (age !== null && !sameRecord && (age < 0 || (age === 0 && message.origin === undefined))) {
      messages.dropConflict(known.id, message);
      return skip(SUPERSEDED, batch);
    }
    if (unsent && (sameRecord || message.origin !== undefined || (age ?? 0) > 0)) {
      messages.replace(known, message, batch.input);
      return 'replaced';
    }
    if (sameRecord) {
      batch.remappedAfterSend += 1;
      return 'unchanged';
    }
    if (message.origin === undefined && messages.isSuperseded(known.id, message)) return 'unchanged';
    batch.conflicts.push({
      sourceUuid: message.sourceUuid,
      kept: messages.position(known.id),
      came: message.position,
    });
    if (batch.onConflict === 'replace') messages.replace(known, message, batch.input);
    else messages.keepConflict(known.id, message, batch.input);
    return 'conflicts';
  }

  return (input, records, onConflict, count) => {
    const batch: Batch = {
      ...{
        input,
        run: runOf.get(input) as RunId,
        onConflict,
        conflicts: [],
        remappedAfterSend: 0,
        erased: 0,
        skips: new Map(),
      },
      tally: { new: 0, replaced: 0, unchanged: 0, duplicates: 0, conflicts: 0, skipped: 0, rejected: 0 },
    };
    try {
      transact(() => stageAll(batch, records), count);
    } catch (error) {
      conversations.forget();
      identities.forget();
      throw error;
    }
    const { tally, conflicts, remappedAfterSend, erased, skips } = batch;
    return { tally, conflicts, remappedAfterSend, erased, skips };
  };
}

function immediately({ db }: LedgerContext): LongTransaction['run'] {
  const transaction = db.transaction((work: () => void) => work());
  return (work) => transaction.immediate(work);
}

function isErased(record: HashedRecord, erased: ErasedCustomers): boolean {
  if (record.kind === 'skipped' || record.customerUuid === undefined) return false;
  return erased.includes(record.customerUuid);
}

function skip(reason: string, { skips }: Batch): 'skipped' {
  skips.set(reason, (skips.get(reason) ?? 0) + 1);
  return 'skipped';
}

/**
 * By how many milliseconds a record's version is newer than the one that is kept (negative: older). A message that came
 * without any is older than all. Null when the record has none.
 */
function ageBeyond({ version: kept }: Known, { version = null }: HashedMessage): number | null {
  if (version === null) return null;
  return kept === null ? Number.POSITIVE_INFINITY : version - kept;
}

/** Whether a message may come to be sent again, and needs its payload for it. */
function maySendAgain({ state }: Known): boolean {
  return state !== STATE.accepted && state !== STATE.stored;
}

/** The statements of staging, in terms of messages. */
function createMessageStatements({ db, stream }: LedgerContext, conversations: Conversations) {
  const insertMessage = db.prepare(`
    INSERT INTO message (stream, source_uuid, conversation, type, sent_at_ms, content_hash, record_hash, input, line,
      version, text_hash)
    VALUES (${stream}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const writePayload = db.prepare(`
    INSERT INTO payload (message, item, record) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT))
    ON CONFLICT (message) DO UPDATE SET item = excluded.item, record = excluded.record`);
  const known = db.prepare<[Buffer, Buffer, MessageId], Known>(`
    SELECT id, state, has_payload, ambiguous, content_hash = ? AS same_content, record_hash = ? AS same_record,
      version, (SELECT run FROM input WHERE input.id = message.input) AS run
    FROM message WHERE id = ?`);
  const restore = db.prepare('UPDATE message SET has_payload = 1 WHERE id = ?');
  const renew = db.prepare('UPDATE message SET version = ?, record_hash = ? WHERE id = ?');
  const replaceMessage = db.prepare(`
    UPDATE message SET conversation = @conversation, type = @type, sent_at_ms = @sentAtUtcMs,
      state = CASE ambiguous WHEN 1 THEN 4 ELSE 0 END, queued_by = CASE ambiguous WHEN 1 THEN 0 END, has_payload = 1,
      content_hash = @contentHash, record_hash = @recordHash, input = @input, line = @line,
      code = CASE ambiguous WHEN 1 THEN code END, error = CASE ambiguous WHEN 1 THEN error END,
      message_uuid = NULL, warnings = NULL, version = @version, text_hash = @textHash
    WHERE id = @id`);
  const supersede = db.prepare(`
    INSERT INTO conflict (stream, message, record_hash, superseded, input, line)
    SELECT stream, id, record_hash, 1, input, line FROM message WHERE id = ?
    ON CONFLICT (message, record_hash) DO UPDATE SET superseded = 1, record = NULL`);
  const dropConflict = db.prepare('DELETE FROM conflict WHERE message = ? AND record_hash = ?');
  const isSuperseded = db
    .prepare('SELECT 1 FROM conflict WHERE message = ? AND record_hash = ? AND superseded = 1')
    .pluck();
  const keepConflict = db.prepare(`
    INSERT INTO conflict (stream, message, record_hash, superseded, input, line, record, customer_uuid)
    VALUES (${stream}, ?, ?, 0, ?, ?, CAST(? AS TEXT), ?) ON CONFLICT (message, record_hash) DO NOTHING`);
  const position = db.prepare<[MessageId], { file: string; line: number | null }>(`
    SELECT input.name AS file, message.line FROM message JOIN input ON input.id = message.input
    WHERE message.id = ?`);

  function place({ departmentUuid, customerUuid, type }: HashedMessage) {
    return {
      conversation: conversations.conversation(departmentUuid, customerUuid),
      type: type === null ? null : conversations.messageType(type),
    };
  }

  return {
    insert(message: HashedMessage, input: InputId): MessageId {
      const { conversation, type } = place(message);
      const { lastInsertRowid } = insertMessage.run(
        ...[message.sourceUuid, conversation, type, message.sentAtUtcMs],
        ...[message.contentHash, message.recordHash, input, message.position.line, message.version ?? null],
        message.once?.textHash ?? null,
      );
      writePayload.run(lastInsertRowid, message.itemJson, message.recordJson);
      return Number(lastInsertRowid);
    },
    known: (id: MessageId, { contentHash, recordHash }: HashedMessage): Known =>
      known.get(contentHash, recordHash, id) as Known,
    restorePayload(id: MessageId, { itemJson, recordJson }: HashedMessage): void {
      writePayload.run(id, itemJson, recordJson);
      restore.run(id);
    },
    /** The same content in a newer version: what lies between them must not take its place. */
    renew(id: MessageId, { version, recordHash }: HashedMessage): void {
      renew.run(version, recordHash, id);
    },
    dropConflict(id: MessageId, { recordHash }: HashedMessage): void {
      dropConflict.run(id, recordHash);
    },
    /** Back to pending with new content; an ambiguous message stays unknown, and is queued. */
    replace({ id, same_record, version }: Known, message: HashedMessage, input: InputId): void {
      // Versions tell what is older without being remembered one by one.
      const isVersioned = version !== null && (message.version ?? null) !== null;
      if (same_record === 0 && !isVersioned) supersede.run(id);
      dropConflict.run(id, message.recordHash);
      const { sentAtUtcMs, contentHash, recordHash } = message;
      replaceMessage.run({
        ...{
          id,
          ...place(message),
          sentAtUtcMs,
          contentHash,
          recordHash,
          input,
          line: message.position.line,
          version: message.version ?? null,
          textHash: message.once?.textHash ?? null,
        },
      });
      writePayload.run(id, message.itemJson, message.recordJson);
    },
    isSuperseded: (id: MessageId, { recordHash }: HashedMessage): boolean =>
      isSuperseded.get(id, recordHash) !== undefined,
    keepConflict(id: MessageId, message: HashedMessage, input: InputId): void {
      const { recordHash, recordJson, position, customerUuid } = message;
      keepConflict.run(id, recordHash, input, position.line, recordJson, customerUuid);
    },
    position: (id: MessageId) => position.get(id) as { file: string; line: number | null },
  };
}
