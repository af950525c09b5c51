/**
 * Text messages in four dialects of CSV, as one system exported them over the years: identities given, customers by phone
 * number, times as each version of the system wrote them.
 */

import type { SeededRandom } from './seeded-random.ts';
import { isShownTwice, losAngeles, twoDigits, wallTime } from './trap-clocks.ts';
import {
  CONFLICT,
  DUPLICATE,
  type Fate,
  message,
  rejected,
  SKIPPED,
  type TrapExport,
  type TrapMessage,
} from './trap-export.ts';
import { csvRow, type TextFormat, type TextRecord, textFile, UNDECODABLE } from './trap-files.ts';
import { customersOf, DEPARTMENTS, phoneOf } from './trap-people.ts';
import { bodyOf, longText } from './trap-texts.ts';

/** Two columns of one name and one without: no rule names them, so they do not matter. */
const HEADER = ['Sid', 'SentDate', 'Phone', 'Direction', 'Status', 'Body', '', 'Agent', 'Agent', 'Location'];
const LOCATIONS = ['North', 'South', 'West'] as const;
const CUSTOMERS = 700;

const DIALECTS: readonly (TextFormat & { readonly name: string; readonly delimiter: string })[] = [
  { name: 'texts-1.csv', delimiter: ';', lineEnd: '\r\n', encoding: 'utf-8-bom' },
  { name: 'texts-2.csv.gz', delimiter: '\t', lineEnd: '\r\n', encoding: 'utf-16le-bom' },
  { name: 'texts-3.csv.zst', delimiter: ',', lineEnd: '\r', encoding: 'utf-8', finalLineEnd: false },
  { name: 'texts-4.csv', delimiter: '|', lineEnd: '\n', encoding: 'utf-8' },
];

/** More than `delivery.maxBatchBytes` of the test: fails until that is raised. */
export const OVERSIZED_BYTES = 300_000;

const config = {
  source: { format: 'csv', files: ['texts-*'] },
  lookups: { customers: { file: 'customers.csv', key: 'phone', value: 'uuid', as: 'phone:US' } },
  skip: [
    { from: 'SentDate', empty: true, reason: 'a placeholder' },
    { from: 'Status', in: ['failed', 'undelivered', 'canceled', 'draft'], reason: 'never delivered' },
    { from: 'Body', matches: '^\\[(assigned|closed)', reason: 'an event' },
  ],
  mapping: {
    departmentUuid: {
      from: 'Location',
      map: Object.fromEntries(LOCATIONS.map((name, index) => [name, DEPARTMENTS[index]])),
    },
    customerUuid: { from: 'Phone', phone: 'US', lookup: 'customers' },
    userUuid: { value: 'user-of-texts' },
    sourceUuid: 'Sid',
    sentOn: {
      from: 'SentDate',
      time: {
        formats: ['yyyy-MM-dd HH:mm:ss', 'M/d/yyyy h:mm a', 'iso', 'rfc2822', 'epoch-s', 'epoch-ms'],
        zone: 'America/Los_Angeles',
      },
    },
    'messageAttributes.body': 'Body',
    'messageAttributes.type': {
      from: 'Direction',
      map: {
        inbound: 'INCOMING',
        Inbound: 'INCOMING',
        '1': 'INCOMING',
        'outbound-api': 'OUTGOING',
        'outbound-reply': 'OUTGOING',
        '2': 'OUTGOING',
        Me: 'OUTGOING',
      },
    },
    'messageAttributes.protocol': { value: 'TEXT' },
    'messageAttributes.isManual': { value: true },
  },
};

const INCOMING = ['inbound', 'Inbound', '1', ' inbound '];
const OUTGOING = ['outbound-api', 'outbound-reply', '2', 'Me'];

interface Cells {
  sid: string;
  sent: string;
  phone: string;
  direction: string;
  status: string;
  body: string;
  location: string;
}

type Trap = readonly [spoilt: Partial<Cells>, fate: Fate];

/** Each spoils a good row in one way. */
const TRAPS: readonly Trap[] = [
  [{ phone: '3.10817E+09' }, rejected('PHONE_SPREADSHEET')],
  [{ phone: 'INFO' }, rejected('PHONE_ALPHANUMERIC')],
  [{ phone: '-1' }, rejected('PHONE_WITHHELD')],
  [{ phone: '+12015550101, +12015550102' }, rejected('PHONE_SEVERAL')],
  [{ phone: '72345' }, rejected('PHONE_SHORT_CODE')],
  [{ phone: '+1 999' }, rejected('PHONE_INVALID')],
  [{ phone: '(989) 555-0199' }, rejected('NOT_FOUND')],
  [{ phone: '' }, rejected('REQUIRED')],
  [{ sent: '2024-02-30 12:00:00' }, rejected('TIME_UNREADABLE')],
  [{ sent: '25/12/2023 4:05 PM' }, rejected('TIME_UNREADABLE')],
  [{ sent: '2024-03-10 02:30:00' }, rejected('TIME_IN_GAP')],
  [{ sent: '2023-11-05 01:30:00' }, rejected('TIME_IN_FOLD')],
  [{ direction: 'sideways' }, rejected('NOT_MAPPED')],
  [{ sid: '' }, rejected('REQUIRED')],
  [{ body: '' }, rejected('REQUIRED')],
  [{ location: 'Nowhere' }, rejected('NOT_MAPPED')],
  [{ sent: 'yesterday', direction: 'both' }, rejected('TIME_UNREADABLE', 'messageAttributes.type')],
  [{ body: `not ${UNDECODABLE} text` }, rejected('INVALID_ENCODING')],
  [{ status: 'failed' }, SKIPPED],
  [{ status: ' undelivered' }, SKIPPED],
  [{ status: 'draft' }, SKIPPED],
  [{ body: '[assigned to Kim]' }, SKIPPED],
  [{ sid: '', sent: '', phone: '', direction: '', status: '', body: '', location: '' }, SKIPPED],
];

export function textsExport(random: SeededRandom, rows: number): TrapExport {
  const customers = customersOf(random, 'text-', CUSTOMERS);
  const phones = customers.map((_, index) => phoneOf(index));
  const sent: { readonly message: TrapMessage & { sourceUuid: string }; readonly customer: number }[] = [];
  let number = 0;

  function cellsOf(
    { sourceUuid, departmentUuid, type, body, sentOnMs }: TrapMessage,
    customer: number,
  ): Cells {
    return {
      sid: sourceUuid ?? '',
      sent: writtenTime(random, sentOnMs),
      phone: writtenPhone(random, phones[customer] as (typeof phones)[number]),
      direction: random.pick(type === 'INCOMING' ? INCOMING : OUTGOING),
      status: random.pick(['delivered', 'received', '']),
      body: body ?? '',
      location: LOCATIONS[DEPARTMENTS.indexOf(departmentUuid as (typeof DEPARTMENTS)[number])] as string,
    };
  }

  function newMessage(): { message: TrapMessage & { sourceUuid: string }; customer: number } {
    number += 1;
    const customer = random.chance(0.05) ? 0 : random.between(0, CUSTOMERS - 1);
    const isOfTwo = customer % 20 === 3;
    return {
      customer,
      message: {
        sourceUuid: `SM${number.toString(16).padStart(6, '0')}${random.between(0, 2 ** 31).toString(16)}`,
        departmentUuid: DEPARTMENTS[isOfTwo ? random.between(0, 2) : customer % 3] as string,
        customerUuid: customers[customer] as string,
        type: random.pick(['INCOMING', 'OUTGOING']),
        body: bodyOf(random, number),
        sentOnMs: randomInstant(random),
      },
    };
  }

  function row(delimiter: string): TextRecord {
    const luck = random.fraction();
    const earlier = sent.length === 0 ? null : random.pick(sent);
    if (earlier !== null && luck < 0.02) {
      return written(cellsOf(earlier.message, earlier.customer), DUPLICATE, delimiter);
    }
    if (earlier !== null && luck < 0.03) {
      number += 1;
      const other = { ...earlier.message, body: `Another text under the same identity (${number})` };
      return written(cellsOf(other, earlier.customer), CONFLICT, delimiter);
    }
    const made = newMessage();
    const cells = cellsOf(made.message, made.customer);
    if (luck < 0.1) {
      const [spoilt, fate] = random.pick(TRAPS);
      return written({ ...cells, ...spoilt }, fate, delimiter);
    }
    if (luck < 0.115) return brokenRow(random, cells, delimiter);
    sent.push(made);
    return written(cells, message(made.message), delimiter);
  }

  const files = DIALECTS.map(({ name, delimiter, ...format }, index) => {
    const parts: TextRecord[] = [{ text: csvRow(HEADER, delimiter) }];
    for (let at = 0; at < rows / DIALECTS.length; at++) {
      parts.push(row(delimiter));
      if (random.chance(0.005)) parts.push({ text: random.pick(['', '   ']) });
    }
    for (const bytes of [100_000, 120_000, ...(index === 0 ? [OVERSIZED_BYTES, OVERSIZED_BYTES] : [])]) {
      const { message: short, customer } = newMessage();
      // The last of its conversation: an oversized one fails at first, and comes after its successors if it has any.
      const long = { ...short, body: longText(bytes, number), sentOnMs: LAST_MS + number * 60_000 };
      parts.push(written(cellsOf(long, customer), message(long), delimiter));
    }
    return textFile(name, parts, format);
  });
  const crosswalk = customers.map((uuid, index) => {
    const { area, line } = phones[index] as (typeof phones)[number];
    return csvRow([`+1${area}555${line}`, uuid], ',');
  });
  return {
    stream: 'texts',
    config,
    files,
    companions: { 'customers.csv': `${['phone,uuid', ...crosswalk].join('\n')}\n` },
    correction: (number) => ({
      record: {
        Sid: `corrected-${number}`,
        SentDate: '6/1/2024 5:00 AM',
        Phone: '(201) 555-0100',
        Direction: 'inbound',
        Status: 'received',
        Body: `Corrected (${number})`,
        Location: 'North',
      },
      message: {
        sourceUuid: `corrected-${number}`,
        departmentUuid: DEPARTMENTS[0],
        customerUuid: customers[0] as string,
        type: 'INCOMING',
        body: `Corrected (${number})`,
        sentOnMs: Date.UTC(2024, 5, 1, 12),
      },
    }),
  };
}

function written(cells: Cells, fate: Fate, delimiter: string): TextRecord {
  return { text: csvRow(rowOf(cells), delimiter), fate };
}

function rowOf({ sid, sent, phone, direction, status, body, location }: Cells): string[] {
  const agent = sid === '' && body === '' ? '' : 'Kim';
  return [sid, sent, phone, direction, status, body, '', agent, agent, location];
}

/** Rows that do not say where their cells end: everything is quoted as it should be, but for the body. */
function brokenRow(random: SeededRandom, cells: Cells, delimiter: string): TextRecord {
  const row = rowOf(cells).map((cell) => csvRow([cell], delimiter));
  switch (random.between(0, 2)) {
    case 0:
      row[5] = `an unquoted ${delimiter} in a body`;
      return { text: row.join(delimiter), fate: rejected('RAGGED_ROW') };
    case 1:
      return { text: row.slice(0, 5).join(delimiter), fate: rejected('RAGGED_ROW') };
    default:
      row[5] = '"said "hello" to her"';
      return { text: row.join(delimiter), fate: rejected('STRAY_QUOTE') };
  }
}

const FIRST_MS = Date.UTC(2019, 0, 2);
const LAST_MS = Date.UTC(2024, 11, 30);

/** A whole minute, which every format can write, and which the clock shows once. */
function randomInstant(random: SeededRandom): number {
  for (;;) {
    const atMs = Math.floor((FIRST_MS + random.fraction() * (LAST_MS - FIRST_MS)) / 60_000) * 60_000;
    if (!isShownTwice(losAngeles, atMs)) return atMs;
  }
}

function writtenTime(random: SeededRandom, atMs: number): string {
  const { year, month, day, hour, minute, second } = wallTime(losAngeles, atMs);
  const half = hour < 12 ? 'AM' : 'PM';
  const utc = new Date(atMs).toISOString();
  switch (random.between(0, 7)) {
    case 0:
      return `${month}/${day}/${year} ${hour % 12 || 12}:${twoDigits(minute)}\u202f${half}`;
    case 1:
      return `${month}/${day}/${year} ${hour % 12 || 12}:${twoDigits(minute)} ${half}\u00a0`;
    case 2:
      return utc.replace('.000Z', '+0000');
    case 3:
      return utc;
    case 4:
      return new Date(atMs).toUTCString().replace('GMT', '+0000');
    case 5:
      return String(atMs / 1_000);
    case 6:
      return String(atMs);
    default:
      return `${year}-${twoDigits(month)}-${twoDigits(day)} ${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(second)} `;
  }
}

function writtenPhone(random: SeededRandom, { area, line }: ReturnType<typeof phoneOf>): string {
  return random.pick([
    `+1${area}555${line}`,
    `${area}555${line}`,
    `(${area}) 555-${line}`,
    `${area}.555.${line}`,
    `1-${area}-555-${line}`,
    `\u202a+1 ${area} 555 ${line}\u202c`,
    `${area}555${line}.0`,
    `whatsapp:+1${area}555${line}`,
  ]);
}
