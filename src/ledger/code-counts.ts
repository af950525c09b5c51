/** What needs attention, by code. Rows of messages are read for the examples only: they lie scattered over the whole file. */
import type { FieldError } from '../errors.ts';
import { type LedgerContext, STATE } from './context.ts';
import type { CodeCount } from './ledger.ts';
import { REJECT_STATUS } from './rejects.ts';

interface Place {
  readonly input: number;
  readonly line: number | null;
}

interface Counted extends Omit<CodeCount, 'count' | 'examples'> {
  count: number;
  readonly places: Place[];
}

/** The most frequent first. */
export function countCodes(context: LedgerContext, exampleCount: number): readonly CodeCount[] {
  const nameOf = context.db.prepare<[number], string>('SELECT name FROM input WHERE id = ?').pluck();
  const positionOf = ({ input, line }: Place) => {
    const name = nameOf.get(input) as string;
    return line === null ? name : `${name}:${line}`;
  };
  return [
    ...countMessages(context, exampleCount),
    ...countRejects(context, exampleCount),
    ...countConflicts(context, exampleCount),
  ]
    .sort((a, b) => b.count - a.count)
    .map(({ places, ...counted }) => ({ ...counted, examples: places.map(positionOf) }));
}

function countMessages({ db, stream }: LedgerContext, exampleCount: number): readonly Counted[] {
  return (['failed', 'unknown'] as const).flatMap((state) => {
    const within = `FROM message WHERE stream = ${stream} AND state = ${STATE[state]}`;
    const counts = db
      .prepare<[], { code: string | null; count: number }>(
        `SELECT code, count(*) AS count ${within} GROUP BY code`,
      )
      .all();
    const places = db.prepare<[string | null, number], Place>(
      `SELECT input, line ${within} AND code IS ? ORDER BY id LIMIT ?`,
    );
    return counts.map(({ code, count }) => ({
      ...{ state, code: code ?? 'UNKNOWN', field: null, count },
      places: places.all(code, exampleCount),
    }));
  });
}

/** A few kinds of errors make up most rejects; their texts are parsed once. */
const MOST_KNOWN_TEXTS = 1_000;

function countRejects({ db, stream }: LedgerContext, exampleCount: number): Iterable<Counted> {
  const counts = new Map<string, Counted>();
  const countsOf = (errors: string) =>
    (JSON.parse(errors) as FieldError[]).map(({ code, field }) => {
      const key = JSON.stringify([code, field]);
      const counted = counts.get(key) ?? { state: 'rejected', code, field, count: 0, places: [] };
      counts.set(key, counted);
      return counted;
    });
  const known = new Map<string, readonly Counted[]>();
  const rejects = db
    .prepare<[], [string, number, number | null]>(
      `SELECT errors, input, line FROM reject WHERE stream = ${stream} AND status = ${REJECT_STATUS.open}`,
    )
    .raw()
    .iterate();
  for (const [errors, input, line] of rejects) {
    const counted = known.get(errors) ?? countsOf(errors);
    if (known.size < MOST_KNOWN_TEXTS) known.set(errors, counted);
    for (const one of counted) {
      one.count += 1;
      if (one.places.length < exampleCount) one.places.push({ input, line });
    }
  }
  return counts.values();
}

function countConflicts({ db, stream }: LedgerContext, exampleCount: number): readonly Counted[] {
  const within = `FROM conflict WHERE stream = ${stream} AND superseded = 0`;
  const count = db.prepare<[], number>(`SELECT count(*) ${within}`).pluck().get() as number;
  if (count === 0) return [];
  const places = db.prepare<[number], Place>(`SELECT input, line ${within} ORDER BY id LIMIT ?`);
  return [{ state: 'conflict', code: 'CONFLICT', field: null, count, places: places.all(exampleCount) }];
}
