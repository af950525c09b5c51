/**
 * A cumulative log without identities, header or quotes, in windows-1252, newest first: each file repeats the one before
 * it. The same words twice in one minute are two messages; the same line in the next file is the same message.
 */
import type { SeededRandom } from './seeded-random.ts';
import { berlin, isShownTwice, twoDigits, wallTime } from './trap-clocks.ts';
import { DUPLICATE, type Fate, message, rejected, SKIPPED, type TrapExport } from './trap-export.ts';
import { type TextRecord, textFile } from './trap-files.ts';
import { customersOf, DEPARTMENTS } from './trap-people.ts';
import { letterOf } from './trap-texts.ts';

const CUSTOMERS = 250;
const DEPARTMENT = DEPARTMENTS[2];

const config = {
  source: {
    format: 'csv',
    files: ['letters-*.txt'],
    csv: {
      delimiter: '|',
      quote: null,
      encoding: 'windows-1252',
      header: ['Konto', 'Wann', 'Eingehend', 'Text'],
    },
  },
  lookups: { konten: { file: 'konten.csv', key: 'konto', value: 'kunde' } },
  skip: [{ from: 'Text', matches: '^\\*\\*\\* ', reason: 'an event' }],
  mapping: {
    departmentUuid: { value: DEPARTMENT },
    customerUuid: { from: 'Konto', lookup: 'konten' },
    userUuid: { value: 'user-of-letters' },
    sourceUuid: { hash: ['Konto', 'Wann', 'Text'] },
    receivedOn: {
      from: 'Wann',
      time: { formats: ['d.M.yyyy H:mm'], zone: 'Europe/Berlin', gap: 'later', fold: 'earlier' },
    },
    'messageAttributes.body': 'Text',
    'messageAttributes.type': { from: 'Eingehend', map: { true: 'INCOMING', false: 'OUTGOING' } },
    'messageAttributes.protocol': { value: 'TEXT' },
    'messageAttributes.isManual': { value: false },
  },
};

interface Row {
  readonly text: string;
  readonly fate: Fate;
  readonly sentOnMs: number;
}

/** Local times that clocks skipped or showed twice, and the instants that the configuration decides for. */
const ODD_TIMES: readonly (readonly [written: string, atMs: number])[] = [
  ['31.3.2024 2:30', Date.UTC(2024, 2, 31, 1, 30)],
  ['27.10.2024 2:30', Date.UTC(2024, 9, 27, 0, 30)],
  ['1.7.2019 0:00', Date.UTC(2019, 5, 30, 22)],
];

export function lettersExport(random: SeededRandom, count: number): TrapExport {
  const customers = customersOf(random, 'letter-', CUSTOMERS);
  let number = 0;

  function goodRows(): Row[] {
    number += 1;
    const account = random.between(0, CUSTOMERS - 1);
    const isIncoming = random.chance(0.5);
    const body = letterOf(random, number);
    const [written, sentOnMs] = random.chance(0.01) ? random.pick(ODD_TIMES) : writtenTime(random);
    const row: Row = {
      text: [`K-${account}`, written, String(isIncoming), body].join('|'),
      sentOnMs,
      fate: message({
        sourceUuid: null,
        departmentUuid: DEPARTMENT,
        customerUuid: customers[account] as string,
        type: isIncoming ? 'INCOMING' : 'OUTGOING',
        body,
        sentOnMs,
      }),
    };
    // Said again within the minute: the whole line is the same, and it is another message.
    return random.chance(0.03) ? [row, row] : [row];
  }

  function badRow(): Row {
    number += 1;
    const [written, sentOnMs] = writtenTime(random);
    const good = ['K-1', written, 'true', `Zeile ${number}`];
    const [place, cell, fate] = random.pick<readonly [number, string, Fate]>([
      [0, `K-unknown-${number}`, rejected('NOT_FOUND')],
      [0, '', rejected('REQUIRED')],
      [1, '30.2.2024 12:00', rejected('TIME_UNREADABLE')],
      [1, '12/25/2024 12:00', rejected('TIME_UNREADABLE')],
      [2, 'vielleicht', rejected('NOT_MAPPED')],
      [3, '', rejected('REQUIRED')],
      [3, `a bar | in line ${number}`, rejected('RAGGED_ROW')],
      [3, `*** ${number} assigned`, SKIPPED],
    ]);
    return { text: good.with(place, cell).join('|'), fate, sentOnMs };
  }

  const rows: Row[] = [];
  while (rows.length < count) rows.push(...(random.chance(0.05) ? [badRow()] : goodRows()));
  rows.sort((a, b) => b.sentOnMs - a.sentOnMs);
  const oldest = rows.slice(rows.length / 2);
  return {
    stream: 'letters',
    config,
    files: [
      textFile('letters-1.txt', oldest.map(asRecord), { lineEnd: '\r\n', encoding: 'windows-1252' }),
      textFile(
        'letters-2.txt',
        rows.map((row, at) =>
          at < rows.length / 2 ? asRecord(row) : { text: row.text, fate: seenBefore(row.fate) },
        ),
        { lineEnd: '\n', encoding: 'windows-1252', finalLineEnd: false },
      ),
    ],
    companions: {
      'konten.csv': `konto,kunde\n${customers.map((uuid, index) => `K-${index},${uuid}\n`).join('')}`,
    },
    correction: (number) => ({
      record: {
        Konto: 'K-0',
        Wann: '1.6.2024 14:00',
        Eingehend: 'true',
        Text: `Korrigiert für €, Nr. ${number}`,
      },
      message: {
        sourceUuid: null,
        departmentUuid: DEPARTMENT,
        customerUuid: customers[0] as string,
        type: 'INCOMING',
        body: `Korrigiert für €, Nr. ${number}`,
        sentOnMs: Date.UTC(2024, 5, 1, 12),
      },
    }),
  };
}

function asRecord({ text, fate }: Row): TextRecord {
  return { text, fate };
}

function seenBefore(fate: Fate): Fate {
  if (fate.is === 'rejected') return { ...fate, again: true };
  return fate.is === 'message' ? DUPLICATE : fate;
}

const FIRST_MS = Date.UTC(2018, 0, 2);
const LAST_MS = Date.UTC(2025, 0, 2);

function writtenTime(random: SeededRandom): readonly [written: string, atMs: number] {
  for (;;) {
    const atMs = Math.floor((FIRST_MS + random.fraction() * (LAST_MS - FIRST_MS)) / 60_000) * 60_000;
    if (isShownTwice(berlin, atMs)) continue;
    const { year, month, day, hour, minute } = wallTime(berlin, atMs);
    return [`${day}.${month}.${year} ${hour}:${twoDigits(minute)}`, atMs];
  }
}
