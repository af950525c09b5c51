/**
 * Backups of a chat, each a JSON document with the messages somewhere inside: cumulative, so that whole messages come
 * again; edited since, so that the later version counts; JSON inside cells; and the last one breaks off.
 */
import type { SeededRandom } from './seeded-random.ts';
import { DUPLICATE, type Fate, message, rejected, type TrapExport, type TrapMessage } from './trap-export.ts';
import { type TextRecord, textFile } from './trap-files.ts';
import { customersOf, DEPARTMENTS } from './trap-people.ts';
import { bodyOf } from './trap-texts.ts';

const CUSTOMERS = 200;

const config = {
  source: { format: 'json', files: ['backup-*'], json: { path: 'data.messages' } },
  mapping: {
    departmentUuid: { value: DEPARTMENTS[0] },
    customerUuid: { template: '{who.first}{who.second}' },
    userUuid: { value: 'user-of-backups' },
    sourceUuid: 'guid',
    sentOn: { firstOf: ['sent', 'created'], time: { formats: ['yyyy-MM-dd HH:mm:ss xx', 'iso'] } },
    'messageAttributes.body': 'text',
    'messageAttributes.type': { from: 'fromCustomer', map: { true: 'INCOMING', false: 'OUTGOING' } },
    'messageAttributes.protocol': { value: 'TEXT' },
    'messageAttributes.isManual': { value: true },
    'messageAttributes.metaData': { from: 'extra', json: true },
  },
  ledger: { onConflict: 'replace' },
};

interface Made {
  readonly element: Record<string, unknown>;
  readonly message: TrapMessage & { readonly sourceUuid: string };
}

const TRAPS: readonly (readonly [spoilt: Record<string, unknown>, fate: Fate])[] = [
  [{ extra: '{"broken":' }, rejected('INVALID_JSON')],
  [{ fromCustomer: null }, rejected('REQUIRED')],
  [{ fromCustomer: 'yes' }, rejected('NOT_MAPPED')],
  [{ sent: '2024-05-01 10:00:00', created: '' }, rejected('TIME_WITHOUT_ZONE')],
  [{ guid: '  ' }, rejected('REQUIRED')],
  [{ who: {} }, rejected('REQUIRED')],
  [{ text: '' }, rejected('REQUIRED')],
];

export function backupsExport(random: SeededRandom, count: number): TrapExport {
  const customers = customersOf(random, 'backup-', CUSTOMERS);
  let number = 0;

  function newMade(): Made {
    number += 1;
    const customer = customers[random.between(0, CUSTOMERS - 1)] as string;
    const isIncoming = random.chance(0.5);
    const text = bodyOf(random, number);
    const sentOnMs = Date.UTC(2024, 0, 1) + random.between(0, 300 * 86_400) * 1_000;
    const sourceUuid = `guid-${number}`;
    return {
      element: {
        guid: sourceUuid,
        who: { first: customer.slice(0, 10), second: customer.slice(10) },
        fromCustomer: isIncoming,
        ...writtenTime(random, sentOnMs),
        text,
        extra: random.pick([undefined, '', '{"thread":"7","app":"chat"}']),
      },
      message: {
        sourceUuid,
        departmentUuid: DEPARTMENTS[0],
        customerUuid: customer,
        type: isIncoming ? 'INCOMING' : 'OUTGOING',
        body: text,
        sentOnMs,
      },
    };
  }

  function newElement(): Written {
    const made = newMade();
    if (!random.chance(0.05)) return { made, element: made.element, fate: message(made.message) };
    const [spoilt, fate] = random.pick(TRAPS);
    return { made: null, element: { ...made.element, ...spoilt }, fate };
  }

  function again({ made, element, fate }: Written): Written {
    if (made === null)
      return { made, element, fate: fate.is === 'rejected' ? { ...fate, again: true } : fate };
    if (!random.chance(0.02)) return { made, element, fate: DUPLICATE };
    number += 1;
    const later = { ...made.message, body: `Edited: ${number}` };
    const edited = { ...element, text: later.body };
    return {
      made: { element: edited, message: later },
      element: edited,
      fate: { is: 'conflict', message: later },
    };
  }

  const first = Array.from({ length: count * 0.4 }, newElement);
  const second = [...first.map(again), ...Array.from({ length: count * 0.15 }, newElement)];
  const last = Array.from({ length: count * 0.05 }, newElement);
  const utf8 = { lineEnd: '\n', encoding: 'utf-8' } as const;
  return {
    stream: 'backups',
    config,
    files: [
      textFile('backup-1.json', document(first, true), utf8),
      textFile('backup-2.json.gz', document(second, false), utf8),
      {
        ...textFile('backup-3.json', document(last, true).slice(0, -1), { ...utf8, finalLineEnd: false }),
        damaged: true,
      },
    ],
    companions: {},
    correction: (number) => ({
      record: {
        guid: `fixed-${number}`,
        who: { first: customers[0] },
        fromCustomer: true,
        sent: '2024-06-01 12:00:00 +0000',
        text: `Corrected (${number})`,
      },
      message: {
        sourceUuid: `fixed-${number}`,
        departmentUuid: DEPARTMENTS[0],
        customerUuid: customers[0] as string,
        type: 'INCOMING',
        body: `Corrected (${number})`,
        sentOnMs: Date.UTC(2024, 5, 1, 12),
      },
    }),
  };
}

interface Written {
  /** Null for an element that cannot become a message. */
  readonly made: Made | null;
  readonly element: Record<string, unknown>;
  readonly fate: Fate;
}

/** @param isPretty one element is spread over several lines, else it stands on one. */
function document(elements: readonly Written[], isPretty: boolean): TextRecord[] {
  const parts: TextRecord[] = elements.map(({ element, fate }, at) => {
    const comma = at === elements.length - 1 ? '' : ',';
    return { text: `${JSON.stringify(element, null, isPretty ? 2 : 0)}${comma}`, fate };
  });
  return [
    { text: '{"version":2,"data":{"other":[{"guid":"not a message"}],"messages":[' },
    ...parts,
    { text: ']},"end":true}' },
  ];
}

function writtenTime(random: SeededRandom, atMs: number): Record<string, unknown> {
  const iso = new Date(atMs).toISOString();
  if (random.chance(0.3)) return { sent: null, created: iso };
  return { sent: `${iso.slice(0, 10)} ${iso.slice(11, 19)} +0000`, created: '1999-01-01T00:00:00Z' };
}
