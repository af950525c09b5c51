/**
 * Reads the send-text answer with suspicion (send-text reference). Pure.
 *
 * What speaks for the message: status `SUCCESS`, a messageUUID. What speaks against it: errors, another status.
 *
 *   status    │ messageUUID │ errors │ outcome
 *   ──────────┼─────────────┼────────┼─────────
 *   SUCCESS   │ any         │ no     │ accepted
 *   SUCCESS   │ any         │ yes    │ unknown
 *   any other │ no          │ any    │ failed
 *   any other │ yes         │ any    │ unknown
 *   none      │ no          │ yes    │ failed
 *   none      │ otherwise            │ unknown
 *
 * A message that an answer both takes and refuses may have reached somebody: only a person, or a status callback, tells.
 */
import { cleanUuid, readCode } from '../reported-text.ts';
import { type Fault, parseAnswer, readFault, readWarnings, UNREADABLE } from './answer-parts.ts';
import type { MessageOutcome } from './destination.ts';

const TAKEN = 'SUCCESS';

export interface SendResponse {
  readonly outcome: MessageOutcome;
  readonly requestUuid: string | null;
}

/** What a 2xx says. `text` is null when the body could not be read whole. */
export function readSendResponse(text: string | null): SendResponse {
  const response = parseSendResponse(text);
  if (response === null) return { outcome: UNREADABLE, requestUuid: null };
  const { messageUuid, requestUuid, warnings } = response;
  return { outcome: { ...judge(response), messageUuid, warnings }, requestUuid };
}

/** What an answer that refuses the request says. `isTaken`: it speaks for the message all the same. */
export function readSendRefusal(text: string | null): {
  readonly fault: Fault | null;
  readonly isTaken: boolean;
} {
  const response = parseSendResponse(text);
  return response === null
    ? { fault: null, isTaken: false }
    : { fault: response.fault, isTaken: speaksFor(response) };
}

interface Parsed {
  readonly status: string | null;
  readonly messageUuid: string | null;
  readonly requestUuid: string | null;
  readonly fault: Fault | null;
  readonly warnings: string | null;
}

function parseSendResponse(text: string | null): Parsed | null {
  const document = text === null ? null : parseAnswer(text);
  if (document === null) return null;
  return {
    status: readCode(document.status),
    messageUuid: cleanUuid(document.messageUUID),
    requestUuid: cleanUuid(document.requestUUID),
    fault: readFault(document.errors),
    warnings: readWarnings(document.warnings),
  };
}

function speaksFor({ status, messageUuid }: Parsed): boolean {
  return status === TAKEN || messageUuid !== null;
}

function judge(response: Parsed): Pick<MessageOutcome, 'state' | 'code' | 'error'> {
  const { status, fault } = response;
  if (fault === null && status === TAKEN) return { state: 'accepted', code: null, error: null };
  if (fault === null && status === null) return UNREADABLE;
  const isTaken = speaksFor(response);
  return {
    state: isTaken ? 'unknown' : 'failed',
    code: fault?.code ?? (isTaken ? 'ANSWER_CONTRADICTORY' : 'REFUSED'),
    error: fault?.error ?? 'The API refused this message without a reason.',
  };
}
