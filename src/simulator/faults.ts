/**
 * Every way in which the simulator can misbehave: one table, read by the server, by `--fault`, by its help and by the
 * documentation. They come from what the references leave open or print, and from what networks do.
 *
 * A fault says whether what it strikes is kept nevertheless (`stores`). A client must not lose or invent a message in
 * either case; the ones that store and then do not say so are those that tempt it to.
 */
import { APIS, type Api } from './api.ts';
import { KALEYRA_REFUSALS, type KaleyraAnswer } from './kaleyra-answers.ts';

/** What is done to one item of an otherwise ordinary request. A text is a request with one item. */
export type ItemEffect =
  | 'refuse'
  | 'fail-later'
  | 'warn'
  | 'omit'
  | 'contradict'
  | 'contradict-error'
  | { readonly poison: number };

export type RetryAfter = 'none' | 'seconds' | 'date' | 'absurd' | 'garbled';

export type RequestEffect =
  | { readonly status: number; readonly retryAfter?: RetryAfter; readonly document?: unknown }
  | 'stranger'
  | 'null-lists'
  | 'empty'
  | 'html'
  | 'rubbish'
  | 'wrong-type'
  | 'truncated'
  | 'close-early'
  | 'slow-drip'
  | 'huge'
  | 'gzip-bomb'
  | 'hang'
  | 'reset'
  | 'as-printed';

export type FaultEffect =
  | { readonly strikes: 'item'; readonly does: ItemEffect }
  | { readonly strikes: 'request'; readonly does: RequestEffect }
  | { readonly strikes: 'server' };

export interface Fault {
  readonly name: string;
  readonly description: string;
  /** Whether the messages concerned are stored all the same. */
  readonly stores: boolean;
  readonly effect: FaultEffect;
  /** Those that it can strike. */
  readonly apis: readonly Api[];
}

function item(name: string, stores: boolean, does: ItemEffect, description: string): Fault {
  return { name, stores, description, effect: { strikes: 'item', does }, apis: ['historical', 'text'] };
}

function request(name: string, stores: boolean, does: RequestEffect, description: string): Fault {
  return { name, stores, description, effect: { strikes: 'request', does }, apis: APIS };
}

function only(api: Api, ...faults: readonly Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, apis: [api] }));
}

function status(code: number, description: string): Fault {
  return request(`http-${code}`, false, { status: code }, description);
}

/** The answers that say nothing about any message, so that they are as true of a request that was not processed. */
function silent(name: string, does: RequestEffect, description: string): Fault[] {
  return [
    request(name, true, does, description),
    request(`${name}-before`, false, does, `the same, but nothing was processed`),
  ];
}

/** An answer that Kaleyra documents. Only its server error leaves open whether the message was taken. */
function kaleyra(name: string, { status, document }: KaleyraAnswer, description: string): Fault {
  return request(`kaleyra-${name}`, false, { status, document }, description);
}

export const FAULTS: readonly Fault[] = [
  item('refuse', false, 'refuse', 'item listed as failed, with an item error; the same items every time'),
  item('warn', true, 'warn', 'item accepted with a warning'),
  item(
    'fail-later',
    false,
    'fail-later',
    'item accepted, but the callback then reports a failure; not stored',
  ),
  item(
    'contradict-error',
    false,
    'contradict-error',
    'item listed as successful beside an item error; not stored',
  ),
  ...only(
    'historical',
    item('contradict', false, 'contradict', 'item in both lists of the answer; not stored'),
    item('omit', true, 'omit', 'item stored, but in neither list of the answer'),
    item('omit-before', false, 'omit', 'item neither stored nor in either list of the answer'),
    item(
      'poison',
      false,
      { poison: 400 },
      'a request that holds this item is refused with a 400 that names nobody',
    ),
    item('poison-409', false, { poison: 409 }, 'the same with a 409'),
    item('poison-422', false, { poison: 422 }, 'the same with a 422'),
    request('stranger', true, 'stranger', 'the answer also lists a uuid that was never sent'),
    ...silent('null-lists', 'null-lists', '200 whose lists are null'),
  ),

  ...silent('empty', 'empty', '200 without a body'),
  ...silent('html', 'html', '200 with a web page'),
  ...silent('rubbish', 'rubbish', '200 with JSON of another shape'),
  request('wrong-type', true, 'wrong-type', 'the right answer, labelled text/plain'),
  request('truncated', true, 'truncated', '200 whose JSON ends in the middle'),
  request('close-early', true, 'close-early', 'connection closed in the middle of the announced body'),
  request('slow-drip', true, 'slow-drip', 'the right answer, a few bytes at a time'),
  ...silent('huge', 'huge', '200 with a body of 100 MB'),
  ...silent('gzip-bomb', 'gzip-bomb', '200 with a small compressed body that expands to 1 GB'),
  request('hang-before', false, 'hang', 'no answer; nothing was processed'),
  request('hang-after', true, 'hang', 'processed, then no answer'),
  request('reset-before', false, 'reset', 'connection reset before processing'),
  request('reset-after', true, 'reset', 'processed, then the connection is reset'),

  status(301, 'redirect elsewhere'),
  status(302, 'redirect elsewhere'),
  status(307, 'redirect elsewhere'),
  status(400, 'request refused, nobody named'),
  status(401, 'credentials refused'),
  status(403, 'not allowed for this department'),
  status(404, 'no such customer'),
  status(405, 'method refused'),
  status(408, 'request timed out'),
  status(409, 'request refused, nobody named'),
  status(413, 'request too large'),
  status(415, 'content type refused'),
  status(422, 'request refused, nobody named'),
  status(425, 'too early'),
  request('http-429', false, { status: 429, retryAfter: 'seconds' }, 'throttled, Retry-After in seconds'),
  request('http-429-date', false, { status: 429, retryAfter: 'date' }, 'throttled, Retry-After as a date'),
  request('http-429-none', false, { status: 429 }, 'throttled without Retry-After'),
  request('http-429-absurd', false, { status: 429, retryAfter: 'absurd' }, 'throttled for eleven days'),
  request(
    'http-429-garbled',
    false,
    { status: 429, retryAfter: 'garbled' },
    'throttled, Retry-After unreadable',
  ),
  status(500, 'server error before processing'),
  request('http-500-after', true, { status: 500 }, 'processed, then a server error'),
  status(502, 'bad gateway before processing'),
  request('http-502-after', true, { status: 502 }, 'processed, then a bad gateway'),
  status(503, 'unavailable'),
  request('http-503-later', false, { status: 503, retryAfter: 'seconds' }, 'unavailable, with Retry-After'),
  status(504, 'gateway timeout before processing'),
  request('http-504-after', true, { status: 504 }, 'processed, then a gateway timeout'),

  ...only(
    'kaleyra',
    kaleyra('rbc001', KALEYRA_REFUSALS.RBC001, '401 RBC001: wrong SID or key; `data` is an array'),
    kaleyra('wa401', KALEYRA_REFUSALS.WA401, '401 WA401: not a number of the account'),
    kaleyra('wa-401', KALEYRA_REFUSALS.WA_401_ACCOUNT, '401 WA-401: not available for the account'),
    kaleyra('wa-401-phone', KALEYRA_REFUSALS.WA_401_VERSION, '401 WA-401: the number belongs elsewhere'),
    kaleyra('wa400', KALEYRA_REFUSALS.WA400, '400 WA400: wrong payload'),
    kaleyra('e110', KALEYRA_REFUSALS.E110, '400 E110: low balance'),
    kaleyra('wa500', KALEYRA_REFUSALS.WA500, '500 WA500 before processing'),
    { ...kaleyra('wa500-after', KALEYRA_REFUSALS.WA500, 'processed, then 500 WA500'), stores: true },
    request('kaleyra-as-printed', true, 'as-printed', '202 as the reference prints it: not quite JSON'),
  ),

  {
    name: 'outage',
    stores: false,
    description: 'connections are refused; only with during=, e.g. outage:during=10s+30s',
    effect: { strikes: 'server' },
    apis: APIS,
  },
];

const BY_NAME = new Map(FAULTS.map((fault) => [fault.name, fault]));

export function faultNamed(name: string): Fault | undefined {
  return BY_NAME.get(name);
}

/** When a fault strikes. Conditions that are given must all hold; without any it strikes always. */
export interface FaultRule {
  /** A name of {@link FAULTS}. */
  readonly fault: string;
  /** From 0 to 1; drawn from the seed and what is struck, so that a repeated run meets the same faults. */
  readonly probability?: number;
  /** Strikes every so many times that the other conditions hold. */
  readonly every?: number;
  /** Strikes only the first so many times that the other conditions hold. */
  readonly first?: number;
  /** Strikes only at this submission of an item (of a request's first item): 1 is the first. */
  readonly attempt?: number;
  /**
   * Patterns in which `*` stands for anything. A request matches when any of its items does. Kaleyra's `ref` is taken for the
   * sourceUuid, the recipient for the customer, and the SID for the department.
   */
  readonly sourceUuid?: string;
  readonly customerUuid?: string;
  readonly departmentUuid?: string;
  readonly api?: Api;
  /** Since the rules were set. */
  readonly during?: { readonly startMs: number; readonly durationMs: number };
}

/**
 * What `rehearse` meets: a bad afternoon, from which everything recovers but the few messages that are refused for good.
 * Order matters: of the rules that strike requests the first that does wins.
 */
export const REHEARSAL_FAULTS: readonly FaultRule[] = [
  { fault: 'http-429', every: 90, first: 3 },
  { fault: 'http-503', probability: 0.02 },
  { fault: 'reset-after', probability: 0.01 },
  { fault: 'http-500-after', probability: 0.01 },
  { fault: 'refuse', probability: 0.0015 },
  { fault: 'omit', probability: 0.001, attempt: 1 },
  { fault: 'warn', probability: 0.002 },
];
