/**
 * Texts that somebody would get twice by one run.
 *
 * A text is refused while the same one to the same customer waits to be sent under another identity, and stays refused
 * whenever its record is read again: tomorrow's export still holds it, and by then the other one is gone. A
 * person may dismiss it, or feed it back from an export to have it sent on its own.
 */
import { type LedgerContext, STATE } from './context.ts';
import type { HashedMessage, HashedReject } from './hashed-record.ts';
import type { Identities } from './identities.ts';
import { REJECT_STATUS } from './rejects.ts';

/** Null where the message may be sent as far as this is concerned; else what is kept in its place. */
export type RefuseRepeat = (message: HashedMessage) => HashedReject | null;

export function createRefuseRepeat({ db, stream }: LedgerContext, identities: Identities): RefuseRepeat {
  const isSettled = db
    .prepare(`
      SELECT content_hash = ? OR state NOT IN (${STATE.pending}, ${STATE.failed}) FROM message WHERE id = ?`)
    .pluck();
  const isWaiting = db
    .prepare(`
      SELECT 1 FROM message
      WHERE stream = ${stream} AND text_hash = ? AND source_uuid <> ?
        AND (state = ${STATE.pending} OR queued_by IS NOT NULL)
      LIMIT 1`)
    .pluck();
  const wasRefused = db
    .prepare(`
      SELECT 1 FROM reject
      WHERE stream = ${stream} AND record_hash = ? AND source_uuid = ? AND own = 1
        AND status IN (${REJECT_STATUS.open}, ${REJECT_STATUS.dismissed})
      LIMIT 1`)
    .pluck();

  return (message) => {
    const { once, sourceUuid, contentHash, recordHash, origin } = message;
    if (once === undefined || isSettled.get(contentHash, identities.find(sourceUuid)) === 1) return null;
    const isRepeat =
      isWaiting.get(once.textHash, sourceUuid) !== undefined ||
      (origin === undefined && wasRefused.get(recordHash, sourceUuid) !== undefined);
    return isRepeat ? rejectOf(message, once.error) : null;
  };
}

function rejectOf(
  { position, recordHash, recordJson, origin, sourceUuid, customerUuid }: HashedMessage,
  error: NonNullable<HashedMessage['once']>['error'],
): HashedReject {
  return {
    kind: 'rejected',
    ...{ position, recordHash, recordJson, sourceUuid, customerUuid },
    ...(origin === undefined ? {} : { origin }),
    errors: [error],
    unreadable: false,
    own: true,
  };
}
