/**
 * What evidence does to a message. It is the one thing beside a person's word that takes a message out of `unknown`, and
 * the only one that makes it `stored`.
 *
 *   the message is │ evidence speaks for it        │ a failure is reported
 *   ───────────────┼───────────────────────────────┼───────────────────────────────────────
 *   accepted       │ stored                        │ failed, with the reported code
 *   unknown        │ stored                        │ failed, with the reported code
 *   missing        │ stored                        │ failed, with the reported code
 *   failed         │ stored: it is there after all │ known: it had failed already
 *   stored         │ known                         │ contradictory: stays stored, a person is told
 *   pending        │ unsent: stays pending, a      │ outdated: it is to be sent (again) anyway
 *                  │ person is told                │
 *
 * `sending` counts as pending: another process is at it, and its settlement must find the message as it left it. `verify`
 * begins a run of its own, which turns what a dead process left into unknown.
 *
 * Time comes before the table. A report of a failure counts once: a message that was sent again after it must not fail
 * by it a second time, so reports are kept and found again. One that came before the last attempt began is outdated, even
 * if it is met for the first time. And whatever came before the run that staged the message as it now is can only be
 * about what it replaced. The receiver's clock may be another machine's: {@link CLOCK_TOLERANCE_MS}.
 */
import {
  EVIDENCE_EFFECTS,
  EVIDENCE_KINDS,
  type Evidence,
  type EvidenceEffect,
  type EvidenceNotice,
  type EvidenceResult,
  emptyEvidenceTally,
} from '../evidence/evidence.ts';
import { keepsStored, type LedgerContext, STATE, STATE_NOW, stateOf } from './context.ts';
import type { Ledger, MessageId, MessageState } from './ledger.ts';
import { createMessageUuids } from './message-uuids.ts';

type Effect = Exclude<EvidenceEffect, 'foreign'>;

const EFFECTS: Record<MessageState, { readonly spokenFor: Effect; readonly reported: Effect }> = {
  pending: { spokenFor: 'unsent', reported: 'outdated' },
  sending: { spokenFor: 'unsent', reported: 'outdated' },
  accepted: { spokenFor: 'stored', reported: 'failed' },
  failed: { spokenFor: 'stored', reported: 'known' },
  unknown: { spokenFor: 'stored', reported: 'failed' },
  stored: { spokenFor: 'known', reported: 'contradictory' },
  missing: { spokenFor: 'stored', reported: 'failed' },
};

/** How far the receiver's clock may be behind. What comes back sooner after a message was sent again counts too early. */
const CLOCK_TOLERANCE_MS = 60_000;

interface Known {
  readonly id: MessageId;
  readonly source_uuid: string;
  readonly state: number;
  /** When the run began that staged its present content. */
  readonly staged_at_ms: number;
  /** When its last attempt began; null when there was none. */
  readonly attempted_at_ms: number | null;
}

export function createEvidence(context: LedgerContext): Pick<Ledger, 'recordEvidence' | 'unevidenced'> {
  const { db, stream } = context;
  const uuids = createMessageUuids(context);
  const effects = createEffects(context);
  const records = createRecords(context);

  const KNOWN = `
    SELECT message.id, message.source_uuid, run.started_at_ms AS staged_at_ms,
      ${STATE_NOW} AS state,
      attempt.started_at_ms AS attempted_at_ms
    FROM message JOIN input ON input.id = message.input JOIN run ON run.id = input.run
    LEFT JOIN attempt ON attempt.id = message.attempt`;
  const bySourceUuid = db.prepare<[string], Known>(
    `${KNOWN} WHERE message.id = (SELECT message FROM identity WHERE identity.stream = ${stream} AND identity.source_uuid = ?)`,
  );
  const byId = db.prepare<[MessageId, string], Known>(
    `${KNOWN} WHERE message.id = ? AND message.message_uuid = ?`,
  );

  /** Several only where the API gave several messages one identifier: then they are one there. */
  function find({ sourceUuid, messageUuid }: Evidence): readonly Known[] {
    const named = sourceUuid === null ? undefined : bySourceUuid.get(sourceUuid);
    if (named !== undefined) return [named];
    if (messageUuid === null) return [];
    return uuids.find(messageUuid).flatMap((id) => byId.get(id, messageUuid) ?? []);
  }

  function effectOn(known: Known, piece: Evidence): Effect {
    const { receivedAtMs, kind } = piece;
    const isBefore = (atMs: number | null) => atMs !== null && receivedAtMs < atMs - CLOCK_TOLERANCE_MS;
    const state = stateOf(known.state);
    if (isBefore(known.staged_at_ms)) return 'outdated';
    if (kind !== 'failed') return EFFECTS[state].spokenFor;
    if (records.has(known.id, piece)) return 'known';
    return isBefore(known.attempted_at_ms) ? 'outdated' : EFFECTS[state].reported;
  }

  function record(known: Known, piece: Evidence): Effect {
    const effect = effectOn(known, piece);
    if (effect === 'stored') effects.store(known.id, piece);
    else if (effect === 'failed') effects.fail(known.id, piece);
    if (effect === 'stored' || piece.kind === 'failed') records.keep(known.id, piece, effect);
    return effect;
  }

  const recordAll = db.transaction((pieces: readonly Evidence[]): EvidenceResult => {
    const tally = emptyEvidenceTally();
    const notices: EvidenceNotice[] = [];
    for (const piece of pieces) {
      const found = find(piece).map((known) => ({ known, effect: record(known, piece) }));
      for (const { known, effect } of found) {
        if (effect !== 'contradictory' && effect !== 'unsent') continue;
        notices.push({ effect, sourceUuid: known.source_uuid, position: piece.position });
      }
      tally[mostTelling(found.map(({ effect }) => effect))] += 1;
    }
    return { tally, notices };
  });

  const unevidenced = {
    count: db.prepare<[number]>(`SELECT count(*) ${ACCEPTED_BEFORE(stream)}`).pluck(),
    examples: db
      .prepare<[number, number]>(`SELECT source_uuid ${ACCEPTED_BEFORE(stream)} ORDER BY message.id LIMIT ?`)
      .pluck(),
  };

  return {
    async recordEvidence(pieces) {
      if (pieces.some(({ messageUuid }) => messageUuid !== null)) uuids.prepare();
      return recordAll.immediate(pieces);
    },
    async unevidenced(acceptedBeforeMs, exampleCount) {
      return {
        count: unevidenced.count.get(acceptedBeforeMs) as number,
        examples: unevidenced.examples.all(acceptedBeforeMs, exampleCount) as string[],
      };
    },
  };
}

/** Walks over every message: `+` keeps SQLite from going by identity, which would read the table out of order. */
function ACCEPTED_BEFORE(stream: number): string {
  return `
    FROM message LEFT JOIN attempt ON attempt.id = message.attempt
    WHERE +message.stream = ${stream} AND message.state = ${STATE.accepted}
      AND coalesce(attempt.ended_at_ms, 0) <= ?`;
}

function mostTelling(effects: readonly Effect[]): EvidenceEffect {
  return EVIDENCE_EFFECTS.find(
    (effect) => effect === 'foreign' || effects.includes(effect),
  ) as EvidenceEffect;
}

/** What it takes to change a message's state; both settle what was ambiguous. */
function createEffects(context: LedgerContext) {
  const { db } = context;
  const SETTLED = `ambiguous = 0, queued_by = NULL, resends = 0, uncertain_run = NULL,
    message_uuid = coalesce(message_uuid, @messageUuid)`;
  const keepsPayload = keepsStored(context);
  const store = db.prepare(`
    UPDATE message SET state = ${STATE.stored}, ${SETTLED}, code = NULL, error = NULL,
      has_payload = ${keepsPayload ? 'has_payload' : 0}
    WHERE id = @id`);
  const dropPayload = db.prepare('DELETE FROM payload WHERE message = ?');
  const fail = db.prepare(`
    UPDATE message SET state = ${STATE.failed}, ${SETTLED}, code = @code, error = @error WHERE id = @id`);
  return {
    store(id: MessageId, { messageUuid }: Evidence): void {
      store.run({ id, messageUuid });
      if (!keepsPayload) dropPayload.run(id);
    },
    /** Keeps the payload, where there is one: the message can be sent again. */
    fail(id: MessageId, { messageUuid, code, error }: Evidence): void {
      fail.run({ id, messageUuid, code: code ?? 'REPORTED_FAILED', error });
    },
  };
}

/** The table `evidence`. */
function createRecords({ db, stream }: LedgerContext) {
  const failed = EVIDENCE_KINDS.indexOf('failed');
  const has = db.prepare(
    `SELECT 1 FROM evidence WHERE message = ? AND received_at_ms = ? AND kind = ${failed} LIMIT 1`,
  );
  const insert = db.prepare(`
    INSERT INTO evidence (message, received_at_ms, kind, effect, archive, line, code, error)
    VALUES (@id, @receivedAtMs, @kind, @effect, @archive, @line, @code, @error) ON CONFLICT DO NOTHING`);
  const addArchive = db.prepare('INSERT INTO archive (stream, name) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const archiveId = db.prepare('SELECT id FROM archive WHERE stream = ? AND name = ?').pluck();

  function archiveOf(name: string): number {
    const known = archiveId.get(stream, name) as number | undefined;
    return known ?? Number(addArchive.run(stream, name).lastInsertRowid);
  }

  return {
    has: (id: MessageId, { receivedAtMs }: Evidence): boolean => has.get(id, receivedAtMs) !== undefined,
    keep(id: MessageId, { kind, receivedAtMs, position, code, error }: Evidence, effect: Effect): void {
      insert.run({
        ...{ id, receivedAtMs, code, error, line: position.line, archive: archiveOf(position.file) },
        kind: EVIDENCE_KINDS.indexOf(kind),
        effect: EVIDENCE_EFFECTS.indexOf(effect),
      });
    },
  };
}
