/**
 * What is to be done about a request that was not answered with a 2xx: the one table of statuses (design: classes of
 * refusal), and the classification of requests that got no answer at all.
 */
import { stopsEveryRequest } from './connection.ts';
import type { Recovery, Refusal } from './destination.ts';
import type { FailureCode, HttpFailure } from './http.ts';

interface StatusRule {
  readonly recovery: Recovery;
  /** The API may have taken the messages all the same. */
  readonly ambiguous?: true;
  /** Says nothing about this request: trying again is no further attempt at it. */
  readonly free?: true;
  readonly says: string;
}

const RULES: Readonly<Record<number, StatusRule>> = {
  401: { recovery: 'stop', says: 'the credentials were refused' },
  403: { recovery: 'park-department', says: 'not allowed for this department' },
  404: { recovery: 'fail-customer', says: 'no such customer or department' },
  405: { recovery: 'stop', says: 'the address does not take this method: is the base URL right?' },
  // A proxy in between wants credentials of its own; no message is to blame.
  407: { recovery: 'stop', says: 'a proxy asks for credentials of its own' },
  408: { recovery: 'retry', says: 'the request arrived too slowly' },
  413: { recovery: 'halve', says: 'the request is too large' },
  415: { recovery: 'stop', says: 'JSON is not taken here: is the base URL right?' },
  425: { recovery: 'retry', says: 'too early' },
  429: { recovery: 'retry', free: true, says: 'too many requests' },
  500: { recovery: 'retry', ambiguous: true, says: 'the API failed' },
  502: { recovery: 'retry', ambiguous: true, says: 'a gateway lost the answer' },
  // The one server error that means "not now": the request was turned away at the door.
  503: { recovery: 'retry', says: 'the API is not available' },
  504: { recovery: 'retry', ambiguous: true, says: 'a gateway lost the answer' },
};

/** Redirects are not followed: the credentials are meant for the configured host alone. */
const REDIRECT: StatusRule = {
  recovery: 'stop',
  says: 'a redirect, which is not followed: is the base URL right?',
};
/** 400, 409, 422 and whatever else blames the request: some message in it is at fault. */
const CLIENT_ERROR: StatusRule = { recovery: 'bisect', says: 'the request was refused' };
/** 507, 520, 599, …: nothing says that the messages were not taken, so they may have been. */
const OTHER: StatusRule = { recovery: 'retry', ambiguous: true, says: 'an unusual status' };

function ruleOf(status: number): StatusRule {
  const rule = RULES[status];
  if (rule !== undefined) return rule;
  if (status >= 300 && status < 400) return REDIRECT;
  return status >= 400 && status < 500 ? CLIENT_ERROR : OTHER;
}

/** `retryAfterMs` matters for refusals that are to be retried only. */
export function refusalOfStatus(status: number, retryAfterMs: number | null): Refusal {
  const rule = ruleOf(status);
  const asksToWait = rule.recovery === 'retry' && retryAfterMs !== null;
  return {
    kind: 'refused',
    status,
    recovery: rule.recovery,
    code: `HTTP_${status}`,
    message: `The API answered ${status}: ${rule.says}.`,
    ambiguous: rule.ambiguous === true,
    consumesAttempt: !(rule.free === true || asksToWait),
    retryAfterMs: asksToWait ? retryAfterMs : null,
  };
}

/**
 * The same for live sends, which nobody may get twice: whatever the API may have taken is ambiguous, and with it
 * never sent again. 429 is the one answer that surely comes before the message was looked at; even 503 may come
 * from a gateway whose request went through.
 */
export function refusalOfLiveStatus(status: number, retryAfterMs: number | null): Refusal {
  const refusal = refusalOfStatus(status, retryAfterMs);
  return refusal.recovery === 'retry' && status !== 429 ? { ...refusal, ambiguous: true } : refusal;
}

const FAILURES: Readonly<Record<FailureCode, string>> = {
  CONNECTION_REFUSED: 'The connection was refused.',
  HOST_NOT_FOUND: 'The host name could not be resolved.',
  CONNECT_TIMEOUT: 'No connection came about in time.',
  CONNECTION_FAILED: 'No connection came about.',
  PROXY_FAILED: 'The proxy could not be reached, or could not reach the API.',
  PROXY_AUTHENTICATION: 'The proxy asks for credentials: put the right ones into the URL of HTTPS_PROXY.',
  PROXY_DENIED:
    'The proxy does not let through to the API: ask whoever runs it, or name the host in NO_PROXY.',
  CERTIFICATE_UNTRUSTED:
    'The certificate was issued by nobody who is trusted here: if it is the right one, name the issuer’s certificate in destination.caFile.',
  CERTIFICATE_EXPIRED:
    'The certificate is not valid at this time: has it expired, or is the clock of this machine wrong?',
  CERTIFICATE_WRONG_HOST: 'The certificate was issued for another host: is the base URL right?',
  TLS_FAILED: 'No TLS connection came about: does the base URL begin with the right scheme?',
  TIMEOUT: 'No complete answer came in time.',
  CONNECTION_LOST: 'The connection was lost before the answer was complete.',
};

/**
 * A request that never left says nothing about itself and is safe to repeat; one that left may have been taken.
 * A certificate that does not hold will not hold in a minute either, and nobody should send past it.
 */
export function refusalOfFailure(
  { code, bytesLeft }: Omit<HttpFailure, 'kind'>,
  status: number | null = null,
): Refusal {
  return {
    kind: 'refused',
    status,
    recovery: stopsEveryRequest(code) ? 'stop' : 'retry',
    code,
    message: FAILURES[code],
    ambiguous: bytesLeft,
    consumesAttempt: bytesLeft,
    retryAfterMs: null,
  };
}
