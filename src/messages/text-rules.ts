/** What a text must fulfil beyond the shape of its fields before a person gets it. */
import type { FieldError } from '../errors.ts';
import { required } from './field-errors.ts';

/** As much of an item as the rules look at; its fields may be absent or of any type. */
export interface RuledText {
  readonly messageAttributes?: {
    readonly body?: unknown;
    readonly protocol?: unknown;
    readonly type?: unknown;
  };
  readonly messageSendingAttributes?: {
    readonly communicationValueOfCustomer?: unknown;
    readonly callbackURL?: unknown;
  };
}

const SENDING = 'messageSendingAttributes';

export function textRuleErrors({
  messageAttributes: message = {},
  messageSendingAttributes: sending = {},
}: RuledText): FieldError[] {
  const errors: FieldError[] = [];
  const { body, protocol, type } = message;
  const { communicationValueOfCustomer: address, callbackURL } = sending;
  if (typeof body === 'string' && body.trim() === '') errors.push(required('messageAttributes.body'));
  if (isHistory(type)) errors.push(history());
  if (protocol === 'EMAIL' && !isEmail(address)) errors.push(noEmail());
  if (protocol === 'TEXT' && typeof address === 'string' && !isPhone(address)) errors.push(noPhone());
  if (typeof callbackURL === 'string' && !isHttpUrl(callbackURL)) errors.push(noUrl());
  return errors;
}

/** Types that the send-text API does not know are no types at all: the shape tells. */
const HISTORICAL_TYPES: ReadonlySet<unknown> = new Set(['DRAFT', 'DISCARDED_DRAFT', 'INCOMING', 'NOTE']);

function isHistory(type: unknown): boolean {
  return HISTORICAL_TYPES.has(type);
}

function history(): FieldError {
  return {
    field: 'messageAttributes.type',
    code: 'NOT_SENDABLE',
    message: 'only OUTGOING messages are sent to people; what came in, notes and drafts are history',
    fix: 'Skip such records, or import them with destination.type mykaarma-historical.',
  };
}

function isEmail(address: unknown): boolean {
  return typeof address === 'string' && /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(address);
}

function noEmail(): FieldError {
  return {
    field: `${SENDING}.communicationValueOfCustomer`,
    code: 'NOT_AN_EMAIL',
    message: 'protocol EMAIL needs an e-mail address of the customer',
    fix: `Map ${SENDING}.communicationValueOfCustomer to the column that holds it.`,
  };
}

/** How numbers are to be written is not published: digits, and what people put between them. */
function isPhone(address: string): boolean {
  const digits = address.replaceAll(/\D/g, '').length;
  return /^\+?[\d ().-]+$/.test(address) && digits >= 7 && digits <= 15;
}

function noPhone(): FieldError {
  return {
    field: `${SENDING}.communicationValueOfCustomer`,
    code: 'NOT_A_PHONE_NUMBER',
    message: 'protocol TEXT takes a phone number of the customer, or none at all',
    fix: 'Correct the export, or give the rule a `phone` with the region of the numbers, e.g. "US".',
  };
}

function isHttpUrl(url: string): boolean {
  return /^https?:$/.test(URL.parse(url)?.protocol ?? '');
}

function noUrl(): FieldError {
  return {
    field: `${SENDING}.callbackURL`,
    code: 'NOT_A_URL',
    message: 'status callbacks need a URL that begins with https:// (or http://)',
    fix: 'Correct it, or leave it out.',
  };
}
