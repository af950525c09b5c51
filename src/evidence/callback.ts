/**
 * Reads callbacks: the asynchronous results of historical saves, and the status updates of texts. What they hold is not
 * published, so where to look is configuration (`evidence.callbacks`), and nothing that they hold is an error here.
 *
 * Of one message, by what the document says of it anywhere:
 *
 *   errors, listed as failed, or a negative status │ failed, whatever else speaks for it
 *   a positive status, or listed as succeeded      │ stored
 *   another status                                 │ undecided: it may still be on its way
 *   no status, but a messageUuid                   │ stored, where `messageUuidCounts`
 *   nothing of these                               │ undecided
 */
import type { CallbackShape } from '../config/evidence-schema.ts';
import { joinDescriptions, readCode, readDescription } from '../reported-text.ts';
import { firstAt, identifierIn, isObject, listOf, valueAt } from './documents.ts';

export interface CallbackResult {
  readonly sourceUuid: string | null;
  readonly messageUuid: string | null;
  readonly verdict: 'stored' | 'failed' | 'undecided';
  readonly code: string | null;
  readonly error: string | null;
}

/** What a message without a code of its own failed by. */
const NO_CODE = 'REPORTED_FAILED';

/** One result a message; empty when the document names none. */
export function readCallback(document: unknown, shape: CallbackShape): readonly CallbackResult[] {
  const results = new Map<string, Said>();
  const succeeded = namedAt(document, shape.succeeded);
  const failed = namedAt(document, shape.failed);
  const wholeFails = faultIn(document, shape) !== null;

  for (const entry of shape.results.flatMap((path) => listOf(valueAt(document, path)))) {
    const said = readResult(entry, shape);
    if (said === null) continue;
    const key = said.sourceUuid ?? said.messageUuid ?? '';
    results.set(key, merged(results.get(key), said));
  }
  for (const sourceUuid of [...succeeded, ...failed]) {
    if (!results.has(sourceUuid)) results.set(sourceUuid, { ...NOTHING, sourceUuid });
  }
  return [...results.values()].map((said) => {
    const { sourceUuid, messageUuid } = said;
    const isListed = (list: ReadonlySet<string>) => sourceUuid !== null && list.has(sourceUuid);
    return {
      ...{ sourceUuid, messageUuid },
      ...judge(said, { succeeded: isListed(succeeded), failed: isListed(failed), wholeFails }, shape),
    };
  });
}

interface Fault {
  readonly code: string | null;
  readonly error: string | null;
}

/** What the results say of one message. */
interface Said {
  readonly sourceUuid: string | null;
  readonly messageUuid: string | null;
  readonly statuses: readonly string[];
  readonly fault: Fault | null;
}

const NOTHING: Said = { sourceUuid: null, messageUuid: null, statuses: [], fault: null };

/** Null when the entry names no message. */
function readResult(entry: unknown, shape: CallbackShape): Said | null {
  if (!isObject(entry)) return null;
  const sourceUuid = identifierIn(firstAt(entry, shape.sourceUuid));
  const messageUuid = identifierIn(firstAt(entry, shape.messageUuid));
  if (sourceUuid === null && messageUuid === null) return null;
  const status = readCode(firstAt(entry, shape.status));
  return { sourceUuid, messageUuid, statuses: status === null ? [] : [status], fault: faultIn(entry, shape) };
}

/** Whatever stands where errors stand is one, unless it is empty. */
function faultIn(place: unknown, shape: CallbackShape): Fault | null {
  const errors = listOf(firstAt(place, shape.errors)).filter((error) => !isBlank(error));
  if (errors.length === 0) return null;
  const codes = errors.map((error) => readCode(firstAt(error, shape.errorCode)));
  const texts = errors.map((error) =>
    readDescription(isObject(error) ? firstAt(error, shape.errorText) : error),
  );
  return { code: codes.find((code) => code !== null) ?? null, error: joinDescriptions(texts) };
}

function isBlank(error: unknown): boolean {
  if (error === null || error === undefined || error === false || error === '') return true;
  return typeof error === 'object' && Object.keys(error).length === 0;
}

/** A message may come twice; whatever either says against it counts. */
function merged(earlier: Said | undefined, said: Said): Said {
  if (earlier === undefined) return said;
  return {
    sourceUuid: said.sourceUuid,
    messageUuid: said.messageUuid ?? earlier.messageUuid,
    statuses: [...earlier.statuses, ...said.statuses],
    fault: earlier.fault ?? said.fault,
  };
}

interface Listed {
  readonly succeeded: boolean;
  readonly failed: boolean;
  /** The document as a whole tells of errors. */
  readonly wholeFails: boolean;
}

function judge(
  { messageUuid, statuses, fault }: Said,
  { succeeded, failed, wholeFails }: Listed,
  { positiveStatuses, negativeStatuses, messageUuidCounts }: CallbackShape,
): Pick<CallbackResult, 'verdict' | 'code' | 'error'> {
  const isOneOf = (list: readonly string[]) => (status: string) =>
    list.some((one) => one.toUpperCase() === status.toUpperCase());
  const negative = statuses.find(isOneOf(negativeStatuses));
  if (fault !== null || failed || negative !== undefined) {
    const code = fault?.code ?? negative ?? NO_CODE;
    return { verdict: 'failed', code, error: fault?.error ?? null };
  }
  const speaksFor =
    succeeded ||
    (statuses.length === 0
      ? messageUuid !== null && messageUuidCounts
      : statuses.every(isOneOf(positiveStatuses)));
  const isDoubtful = wholeFails && !succeeded;
  return { verdict: speaksFor && !isDoubtful ? 'stored' : 'undecided', code: null, error: null };
}

function namedAt(document: unknown, paths: readonly string[]): ReadonlySet<string> {
  const named = paths.flatMap((path) => listOf(valueAt(document, path)));
  return new Set(named.filter((one) => identifierIn(one) !== null) as string[]);
}
