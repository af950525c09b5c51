/**
 * Reads the messages of a plan. Another connection writes meanwhile, after each of whose commits SQLite reads every page
 * anew; neighbours in the plan mostly lie on the same pages. So the first batches of several conversations are read at one
 * moment, within the bounds that were last asked for: a delivery asks for the same every time.
 */
import type Database from 'better-sqlite3';
import { STATE } from './context.ts';
import type { Conversation, MessageId, OutgoingMessage } from './ledger.ts';

/** Where a conversation's messages stand in the plan, both ends included. */
export interface Stretch {
  readonly first: number;
  readonly last: number;
}

/** One conversation's messages; bounds as the seam has them. */
export interface PlannedMessages {
  next(...bounds: Bounds): readonly OutgoingMessage[];
  skip(...bounds: Bounds): number;
}

type Bounds = Parameters<Conversation['next']>;

/** A message without its item. */
type Head = readonly [place: number, id: MessageId, sourceUuid: string, ambiguous: 0 | 1, itemBytes: number];

/** Nothing more is read ahead once so much has been. */
const AHEAD_BYTES = 500_000;

/** @returns what reads the messages of neighbouring conversations, one reader for each. */
export function createMessageReader(
  db: Database.Database,
  table: string,
): (neighbours: readonly Stretch[]) => PlannedMessages[] {
  // A message that somebody decided about since the plan was made is not handed out.
  // Of a bare parameter SQLite would look at the value, and prepare the statement anew each time.
  const heads = db
    .prepare<[number, number, number], Head>(`
      SELECT p.place, m.id, m.source_uuid, m.ambiguous, octet_length(payload.item)
      FROM ${table} p JOIN message m ON m.id = p.message JOIN payload ON payload.message = m.id
      WHERE p.place >= ? AND p.place <= ? AND m.state IN (${STATE.pending}, ${STATE.unknown})
      ORDER BY p.place LIMIT +?`)
    .raw();
  // Bytes, and in one piece: as strings, one by one, they take longer to read than to send. In the order of the ids: `CROSS`
  // is what keeps SQLite from choosing another.
  const items = db
    .prepare<[string], Buffer>(`
      SELECT CAST(group_concat(payload.item, '') AS BLOB)
      FROM json_each(?) CROSS JOIN payload ON payload.message = value`)
    .pluck();

  /** Of at most so many messages between two places, as far as they fit. */
  function headsOf(
    { first, last }: Stretch,
    [maxMessages, maxBytes, overheadBytes]: Bounds,
  ): readonly Head[] {
    if (first > last) return [];
    const found = heads.all(first, last, maxMessages);
    let bytes = 0;
    const tooMany = found.findIndex(([, , , , itemBytes], index) => {
      bytes += itemBytes + overheadBytes;
      return index > 0 && bytes > maxBytes;
    });
    return tooMany === -1 ? found : found.slice(0, tooMany);
  }

  /** The messages themselves, and the place behind them. */
  function read(stretch: Stretch, bounds: Bounds) {
    const fitting = headsOf(stretch, bounds);
    const lastPlace = fitting.at(-1)?.[0];
    if (lastPlace === undefined) return { messages: [], bytes: 0, end: stretch.first };
    const all = items.get(JSON.stringify(fitting.map(([, id]) => id))) as Buffer;
    let at = 0;
    const messages = fitting.map(([, id, sourceUuid, ambiguous, itemBytes]): OutgoingMessage => {
      const item = all.subarray(at, at + itemBytes);
      at += itemBytes;
      return { id, sourceUuid, item, ambiguous: ambiguous === 1 };
    });
    return { messages, bytes: at, end: lastPlace + 1 };
  }

  function createCursor({ first, last }: Stretch) {
    let place = first;
    let ahead: { readonly bounds: string; readonly batch: ReturnType<typeof read> } | null = null;
    return {
      get isUntouched() {
        return place === first && ahead === null;
      },
      readAhead(bounds: Bounds): number {
        const batch = read({ first, last }, bounds);
        ahead = { bounds: bounds.join(), batch };
        return batch.bytes;
      },
      /** Null when nothing was read ahead within these bounds. */
      takeAhead(bounds: Bounds): readonly OutgoingMessage[] | null {
        const taken = ahead;
        ahead = null;
        if (taken?.bounds !== bounds.join()) return null;
        place = taken.batch.end;
        return taken.batch.messages;
      },
      read(bounds: Bounds) {
        const batch = read({ first: place, last }, bounds);
        place = batch.end;
        return batch;
      },
      skip(bounds: Bounds): number {
        const passed = headsOf({ first: place, last }, bounds);
        place = (passed.at(-1)?.[0] ?? last) + 1;
        ahead = null;
        return passed.length;
      },
    };
  }

  type Cursor = ReturnType<typeof createCursor>;

  /** The first batches of those that nobody has begun with, unless so many bytes were read already. */
  function readAhead(cursors: readonly Cursor[], bounds: Bounds, alreadyBytes = 0): void {
    let bytes = alreadyBytes;
    for (const cursor of cursors) {
      if (bytes >= AHEAD_BYTES) break;
      if (cursor.isUntouched) bytes += cursor.readAhead(bounds);
    }
  }

  const readAheadAtOnce = db.transaction(readAhead);
  const readTogether = db.transaction((cursor: Cursor, neighbours: readonly Cursor[], bounds: Bounds) => {
    const { messages, bytes } = cursor.read(bounds);
    readAhead(neighbours, bounds, bytes);
    return messages;
  });

  /** Null until somebody has asked. */
  let usualBounds: Bounds | null = null;

  return (neighbours) => {
    const cursors = neighbours.map(createCursor);
    if (usualBounds !== null) readAheadAtOnce(cursors, usualBounds);
    return cursors.map((cursor) => ({
      next(...bounds) {
        usualBounds = bounds;
        return cursor.takeAhead(bounds) ?? readTogether(cursor, cursors, bounds);
      },
      skip: (...bounds) => cursor.skip(bounds),
    }));
  };
}
