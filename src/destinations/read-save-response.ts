/**
 * Reads the save-historical-message answer with suspicion (save-historical-message reference; the key really is
 * spelled `succesfullySubmittedSourceUuids`). Pure.
 *
 *   listed as submitted │ listed as failed │ item errors │ outcome
 *   ────────────────────┼──────────────────┼─────────────┼─────────
 *   yes                 │ no               │ no          │ accepted
 *   yes                 │ yes              │ any         │ failed
 *   yes                 │ no               │ yes         │ failed
 *   no                  │ yes              │ any         │ failed
 *   no                  │ no               │ any         │ unknown
 */
import { cleanUuid } from '../reported-text.ts';
import {
  type Fault,
  isObject,
  list,
  parseAnswer,
  readFault,
  readWarnings,
  UNREADABLE,
} from './answer-parts.ts';
import type { MessageOutcome } from './destination.ts';

interface Item {
  messageUuid: string | null;
  fault: Fault | null;
  warnings: string | null;
}

interface SaveResponse {
  readonly submitted: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
  readonly items: ReadonlyMap<string, Item>;
  /** The request-level `errors`; null when there are none. */
  readonly fault: Fault | null;
}

/** What a 2xx says of each message. `text` is null when the body could not be read whole. */
export function readSaveResponse(
  text: string | null,
  sourceUuids: readonly string[],
): { readonly outcomes: readonly MessageOutcome[]; readonly strangers: number } {
  const response = text === null ? null : parseSaveResponse(text);
  if (response === null) return { outcomes: sourceUuids.map(() => UNREADABLE), strangers: 0 };
  return {
    outcomes: sourceUuids.map((sourceUuid) => outcomeOf(sourceUuid, response)),
    strangers: countStrangers(response, new Set(sourceUuids)),
  };
}

/** What a 4xx says of the messages that it refuses together. */
export interface NamedFaults {
  /** One per message; null for those that are not named. Null as a whole when none is. */
  readonly guilty: readonly (MessageOutcome | null)[] | null;
  /** Whether some message is listed as submitted all the same. */
  readonly submitted: boolean;
  /** The request-level error. */
  readonly fault: Fault | null;
}

/** Messages are named by `failedSourceUuids` or by an item with errors. */
export function readNamedFaults(text: string | null, sourceUuids: readonly string[]): NamedFaults {
  const response = text === null ? null : parseSaveResponse(text);
  if (response === null) return { guilty: null, submitted: false, fault: null };
  const guilty = sourceUuids.map((sourceUuid) => {
    const item = response.items.get(sourceUuid);
    return response.failed.has(sourceUuid) || item?.fault ? failedOutcome(item) : null;
  });
  return {
    guilty: guilty.some((outcome) => outcome !== null) ? guilty : null,
    submitted: sourceUuids.some((sourceUuid) => response.submitted.has(sourceUuid)),
    fault: response.fault,
  };
}

function outcomeOf(sourceUuid: string, response: SaveResponse): MessageOutcome {
  const item = response.items.get(sourceUuid);
  const submitted = response.submitted.has(sourceUuid);
  const failed = response.failed.has(sourceUuid);
  if (submitted && !failed && item === undefined) return ACCEPTED;
  const kept = { messageUuid: item?.messageUuid ?? null, warnings: item?.warnings ?? null };
  if (!submitted && !failed) {
    const fault = item?.fault ?? response.fault;
    return {
      state: 'unknown',
      code: fault?.code ?? 'NOT_MENTIONED',
      error: fault?.error ?? 'The answer does not list this message.',
      ...kept,
    };
  }
  if (failed || item?.fault) return failedOutcome(item);
  return { state: 'accepted', code: null, error: null, ...kept };
}

/** Of nearly all messages: without a word. */
const ACCEPTED: MessageOutcome = {
  state: 'accepted',
  code: null,
  error: null,
  messageUuid: null,
  warnings: null,
};

function failedOutcome(item: Item | undefined): MessageOutcome {
  return {
    state: 'failed',
    code: item?.fault?.code ?? 'REFUSED',
    error: item?.fault?.error ?? 'The API listed this message as failed without a reason.',
    messageUuid: item?.messageUuid ?? null,
    warnings: item?.warnings ?? null,
  };
}

function countStrangers({ submitted, failed, items }: SaveResponse, sent: ReadonlySet<string>): number {
  const strangers = new Set<string>();
  for (const mentioned of [submitted, failed, items.keys()]) {
    for (const sourceUuid of mentioned) if (!sent.has(sourceUuid)) strangers.add(sourceUuid);
  }
  return strangers.size;
}

/* ------------------------------------------------------------------ parsing */

function parseSaveResponse(text: string): SaveResponse | null {
  const document = parseAnswer(text);
  if (document === null) return null;
  return {
    submitted: stringSet(document.succesfullySubmittedSourceUuids),
    failed: stringSet(document.failedSourceUuids),
    items: readItems(document.saveMessageResponse),
    fault: readFault(document.errors),
  };
}

/** An item may come twice; whatever either says against the message counts. */
function readItems(value: unknown): ReadonlyMap<string, Item> {
  const items = new Map<string, Item>();
  for (const entry of list(value)) {
    if (!isObject(entry) || typeof entry.sourceUuid !== 'string') continue;
    const earlier = items.get(entry.sourceUuid);
    items.set(entry.sourceUuid, {
      messageUuid: cleanUuid(entry.messageUuid) ?? earlier?.messageUuid ?? null,
      fault: earlier?.fault ?? readFault(entry.errors),
      warnings: earlier?.warnings ?? readWarnings(entry.warnings),
    });
  }
  return items;
}

function stringSet(value: unknown): ReadonlySet<string> {
  return new Set(list(value).filter((entry) => typeof entry === 'string'));
}
