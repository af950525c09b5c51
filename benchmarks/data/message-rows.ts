/**
 * Message rows as an export of a texting product has them: short texts mostly, some long, some with quotes and line ends. The
 * same number always gives the same row, so that files of any size can be written without keeping anything.
 */

export const COLUMNS = [
  ...['Sid', 'Location', 'From', 'To', 'CustomerPhone', 'Direction', 'Channel', 'Status', 'SentDate', 'Body'],
  ...['MediaUrl', 'Agent'],
] as const;

export type MessageRow = Readonly<Record<(typeof COLUMNS)[number], string>>;

export const DEPARTMENT = 'ZoYWkyxSESJ3iGdh2_uiqUHdbWB3L2UVg1jZ_0i94Bo';

const PHRASES = [
  'Your vehicle is ready for pickup.',
  'Thanks, I will be there around five.',
  'We found a worn belt; the estimate is attached.',
  'Can you call me when it is done?',
  'She said "tomorrow", so I will wait.',
  'Is the loaner still free on Saturday, or should I arrange a ride?',
  'Ok',
  'Your appointment is confirmed.\nReply C to cancel.',
  'Great, see you then 👍',
  'How much would it be with the synthetic oil, and does that include the filter?',
];
const AGENTS = ['Priya', 'Malik', 'Dana', ''];
/** Area 200 is nobody's: no such number can ring. */
const FIRST_PHONE = 2_002_000_000;
const FIRST_SENT_MS = Date.UTC(2022, 0, 3, 15);

/** How messages are spread over customers: `atOnce` of them write in turns until each has so many messages. */
export interface Spread {
  readonly messagesPerCustomer: number;
  readonly atOnce: number;
}

export function messageRow(number: number, spread: Spread): MessageRow {
  const chance = mixed(number);
  const isInbound = chance % 5 < 2;
  const phone = `+1${FIRST_PHONE + customerOf(number, spread)}`;
  const business = '+16285550191';
  return {
    Sid: `SM${hex(mixed(number ^ 0x5bd1e995))}${hex(chance)}${hex(mixed(chance))}${hex(number)}`,
    Location: 'Fernhollow Service',
    From: isInbound ? phone : business,
    To: isInbound ? business : phone,
    CustomerPhone: phone,
    Direction: isInbound ? 'inbound' : chance % 3 === 0 ? 'outbound-api' : 'outbound-reply',
    Channel: chance % 29 === 0 ? 'email' : 'sms',
    Status: 'delivered',
    SentDate: new Date(FIRST_SENT_MS + number * 37_000).toISOString().slice(0, 19).replace('T', ' '),
    Body: bodyOf(chance),
    MediaUrl: chance % 41 === 0 ? `https://media.example.com/${hex(chance)}.jpg` : '',
    Agent: isInbound ? '' : (AGENTS[chance % AGENTS.length] as string),
  };
}

function customerOf(number: number, { messagesPerCustomer, atOnce }: Spread): number {
  return Math.floor(number / (messagesPerCustomer * atOnce)) * atOnce + (number % atOnce);
}

function bodyOf(chance: number): string {
  const sentences = 1 + (chance % 4 === 0 ? chance % 5 : chance % 2);
  let body = '';
  for (let at = 0; at < sentences; at += 1) {
    body += `${at === 0 ? '' : ' '}${PHRASES[(chance >>> at) % PHRASES.length]}`;
  }
  return body;
}

/** A whole number of 32 bits that looks random (the finaliser of MurmurHash3). */
function mixed(number: number): number {
  let bits = (number + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function hex(number: number): string {
  return (number >>> 0).toString(16).padStart(8, '0');
}
