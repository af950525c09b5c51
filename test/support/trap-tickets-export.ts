/**
 * NDJSON of a ticket system: nested objects, identities as integers beyond what a double holds, calls, media and internal
 * notes beside messages, events that are none, and lines that are not JSON.
 */
import type { SeededRandom } from './seeded-random.ts';
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
import { type TextRecord, textFile } from './trap-files.ts';
import { customersOf, DEPARTMENTS } from './trap-people.ts';
import { bodyOf } from './trap-texts.ts';

const CUSTOMERS = 350;

const config = {
  source: { format: 'ndjson', files: ['tickets-*'] },
  skip: [{ from: 'kind', in: ['assign', 'close'], reason: 'an event' }],
  mapping: {
    departmentUuid: {
      from: 'store.code',
      map: Object.fromEntries(DEPARTMENTS.map((uuid, index) => [String(index), uuid])),
    },
    customerUuid: 'customer.key',
    userUuid: { from: 'agent', default: 'user-of-tickets' },
    sourceUuid: 'id',
    sentOn: { from: 'at', time: { formats: ['epoch-s', 'epoch-ms', 'iso'], zone: 'UTC' } },
    'messageAttributes.body': { from: 'text', noteDocument: true },
    'messageAttributes.type': {
      from: 'direction',
      map: { in: 'INCOMING', out: 'OUTGOING', internal: 'NOTE', draft: 'DRAFT' },
    },
    'messageAttributes.protocol': {
      from: 'kind',
      map: { sms: 'TEXT', mail: 'EMAIL', call: 'VOICE_CALL', note: 'NONE' },
    },
    'messageAttributes.purpose': 'purpose',
    'messageAttributes.isManual': { value: true },
    'messageAttributes.subject': 'subject',
    'messageAttributes.metaData.ticket': 'ticket',
    'messageAttributes.draftAttributes.draftStatus': 'draft.status',
    'messageAttributes.attachments.0.fileURL': 'media.0.url',
    'messageAttributes.attachments.1.fileURL': 'media.1.url',
    'messageAttributes.showInCustomerConversation': 'public',
    'voiceCallAttributes.callStatus': 'call.status',
    'voiceCallAttributes.recordingUrl': 'call.recording',
  },
  mapper: './mapper.js',
  ledger: { onConflict: 'keep-first' },
};

const MAPPER = `export default ({ fields }, { draft, reject }) => {
  if (fields.from !== undefined && fields.from === fields.to) return reject('to', 'both ends are the same');
  if (fields.kind === 'mail') draft.item.messageAttributes.metaData.channel = 'mail';
};
`;

type Ticket = Record<string, unknown>;

interface Made {
  readonly ticket: Ticket;
  readonly message: TrapMessage;
}

/** Each spoils a good text in one way. */
const TRAPS: readonly (readonly [spoilt: Ticket, fate: Fate])[] = [
  [{ kind: 'assign' }, SKIPPED],
  [{ kind: 'close', text: undefined }, SKIPPED],
  [{ text: undefined }, rejected('REQUIRED')],
  [{ text: null }, rejected('REQUIRED')],
  [{ at: undefined }, rejected('REQUIRED')],
  [{ at: 'soon' }, rejected('TIME_UNREADABLE')],
  [{ purpose: 'FOLLOW_UPP' }, rejected('NOT_IN_LIST')],
  [{ direction: 'draft', draft: { status: 'SCHEDULED' } }, rejected('LIVE_DRAFT')],
  [{ call: { status: 'busy' } }, rejected('NOT_AN_INTEGER')],
  [{ from: '+12015550100', to: '+12015550100' }, rejected('MAPPER_REJECTED')],
  [{ text: { nested: true } }, rejected('WRONG_TYPE')],
  [{ store: {} }, rejected('REQUIRED')],
  [{ at: '2024-13-01T00:00:00Z', direction: 'up' }, rejected('TIME_UNREADABLE', 'messageAttributes.type')],
];

/** Lines that are no record, or not one. */
const BROKEN_LINES: readonly (readonly [write: (number: number) => string, code: string])[] = [
  [(number) => `{"id":"broken ${number}","text":"cut`, 'INVALID_JSON'],
  [(number) => `{"id":"one ${number}"}{"id":"two ${number}"}`, 'INVALID_JSON'],
  [(number) => `{'id':'single quotes ${number}'}`, 'INVALID_JSON'],
  [(number) => `["a","list",${number}]`, 'NOT_AN_OBJECT'],
  [String, 'NOT_AN_OBJECT'],
];

export function ticketsExport(random: SeededRandom, count: number): TrapExport {
  const customers = customersOf(random, 'ticket-', CUSTOMERS);
  const sent: Made[] = [];
  let number = 0;

  function newTicket(): Made {
    number += 1;
    const customer = random.between(0, CUSTOMERS - 1);
    // Few instants, so that many are equal.
    const atMs = Date.UTC(2023, random.between(0, 11), random.between(1, 28), random.between(8, 18));
    // Neighbours differ in a digit that a double does not keep. Some exports write them as numbers, some as text.
    const id = `90071992547409${String(number).padStart(6, '0')}`;
    const direction = random.pick(['in', 'out']);
    const body = bodyOf(random, number);
    const department = customer % 3;
    return {
      ticket: {
        id,
        ticket: `T-${customer % 40}`,
        kind: random.pick(['sms', 'mail']),
        direction,
        at: random.pick([atMs, String(atMs), atMs / 1_000, new Date(atMs).toISOString()]),
        store: { code: random.pick([department, String(department)]) },
        customer: { key: customers[customer] },
        text: body,
        public: true,
      },
      message: {
        sourceUuid: id,
        departmentUuid: DEPARTMENTS[department] as string,
        customerUuid: customers[customer] as string,
        type: direction === 'in' ? 'INCOMING' : 'OUTGOING',
        body,
        sentOnMs: atMs,
      },
    };
  }

  function otherKind({ ticket, message }: Made): Made {
    switch (random.between(0, 3)) {
      case 0: {
        const words = bodyOf(random, number);
        return {
          ticket: { ...ticket, kind: 'note', direction: 'internal', public: false, text: words },
          message: { ...message, type: 'NOTE', body: noteDocument(words) },
        };
      }
      case 1:
        return {
          ticket: { ...ticket, kind: 'call', text: undefined, call: { status: 3, recording: 'https://x/1' } },
          message: { ...message, body: null },
        };
      case 2:
        return {
          ticket: { ...ticket, text: '', media: [{ url: 'https://x/a.jpg' }, { url: 'https://x/b.jpg' }] },
          message: { ...message, body: null },
        };
      default:
        return {
          ticket: { ...ticket, direction: 'draft', draft: { status: 'DISCARDED' } },
          message: { ...message, type: 'DRAFT' },
        };
    }
  }

  function line(): TextRecord {
    const luck = random.fraction();
    if (luck < 0.02 && sent.length > 0) return written(random.pick(sent).ticket, DUPLICATE);
    if (luck < 0.04 && sent.length > 0) {
      const { ticket } = random.pick(sent);
      number += 1;
      return written({ ...ticket, subject: `Other ${number}` }, CONFLICT);
    }
    if (luck < 0.05) {
      const [write, code] = random.pick(BROKEN_LINES);
      number += 1;
      return { text: write(number), fate: rejected(code) };
    }
    const plain = newTicket();
    if (luck < 0.11) {
      const [spoilt, fate] = random.pick(TRAPS);
      return written({ ...plain.ticket, ...spoilt }, fate);
    }
    const made = luck < 0.3 ? otherKind(plain) : plain;
    sent.push(made);
    return written(made.ticket, message(made.message));
  }

  function lines(): TextRecord[] {
    return Array.from({ length: count / 2 }, () =>
      random.chance(0.005) ? [{ text: random.pick(['', ' \t']) }, line()] : [line()],
    ).flat();
  }

  const written = (ticket: Ticket, fate: Fate): TextRecord => ({ text: jsonLine(random, ticket), fate });
  return {
    stream: 'tickets',
    config,
    files: [
      textFile('tickets-1.ndjson', lines(), { lineEnd: '\n', encoding: 'utf-8-bom' }),
      textFile('tickets-2.ndjson.zst', lines(), {
        lineEnd: '\r\n',
        encoding: 'utf-8',
        finalLineEnd: false,
      }),
    ],
    companions: { 'mapper.js': MAPPER },
    correction: (number) => ({
      record: {
        id: `mended-${number}`,
        kind: 'sms',
        direction: 'in',
        at: Date.UTC(2024, 5, 1, 12),
        store: { code: 0 },
        customer: { key: customers[0] },
        text: `Corrected (${number})`,
      },
      message: {
        sourceUuid: `mended-${number}`,
        departmentUuid: DEPARTMENTS[0],
        customerUuid: customers[0] as string,
        type: 'INCOMING',
        body: `Corrected (${number})`,
        sentOnMs: Date.UTC(2024, 5, 1, 12),
      },
    }),
  };
}

function jsonLine(random: SeededRandom, ticket: Ticket): string {
  const json = JSON.stringify(ticket);
  return random.chance(0.5) ? json.replace(/"id":"(\d+)"/, '"id":$1') : json;
}

/** As the platform's own notes have it. */
function noteDocument(words: string): string {
  const value = JSON.stringify(words);
  return `{"text":[{"type":{"code":"PLAIN_TEXT","value":"text/plain"},"value":${value}}],"version":0,"previewText":${value},"annotations":[]}`;
}
