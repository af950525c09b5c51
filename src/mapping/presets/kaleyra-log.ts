/** Kept requests to Kaleyra, with their answers, as historical messages: see docs/kaleyra.md. */
import { canonicalText, createCellReader, isAbsent, textOf } from '../cells.ts';
import type { Fields, Preset } from './preset.ts';
import { SEND_FAILED, WHATSAPP_RULES, whatsAppNumber } from './whatsapp.ts';

const SEND = 'request.body.messaging_object';
const EXTRA = 'request.body.extra_info';
const ANSWER = 'response.body';

export const kaleyraLog: Preset = {
  revision: 1,
  areCodesAssumed: false,
  codes: {},
  rules: ({ zone }) => ({
    mapping: {
      ...WHATSAPP_RULES,
      sourceUuid: 'derived.messageId',
      sentOn: {
        from: 'derived.sentAt',
        time: { formats: ['iso', 'epoch-ms', 'rfc2822'], zone, gap: 'reject', fold: 'reject' },
      },
      'messageAttributes.type': { value: 'OUTGOING' },
      'messageAttributes.body': {
        firstOf: [
          `${SEND}.text.body`,
          `${SEND}.image.caption`,
          `${SEND}.video.caption`,
          `${SEND}.document.caption`,
        ],
      },
      'messageAttributes.isManual': { value: false },
      'messageAttributes.metaData.whatsAppId': `${ANSWER}.data.message_id`,
      'messageAttributes.metaData.fromNumber': 'derived.businessNumber',
      'messageAttributes.metaData.toNumber': 'derived.customerNumber',
      'messageAttributes.metaData.source': `${EXTRA}.wa_source`,
      'messageAttributes.metaData.format': `${SEND}.type`,
      'messageAttributes.metaData.templateName': `${SEND}.template.name`,
      'messageAttributes.metaData.sentAt': 'derived.sentAt',
      'messageAttributes.metaData.ref': `${EXTRA}.ref`,
      'messageAttributes.metaData.ref1': `${EXTRA}.ref1`,
      'messageAttributes.metaData.ref2': `${EXTRA}.ref2`,
    },
    skip: [{ from: 'derived.outcome', in: ['failed'], reason: SEND_FAILED }],
    advice: [],
    ends: { from: 'derived.businessNumber', to: 'derived.customerNumber' },
    derive,
  }),
};

/** Success and every documented refusal (Kaleyra's send-text-messages reference). */
const ACCEPTED = 'WA202';
const REFUSED = new Set(['RBC001', 'WA400', 'WA401', 'WA-401', 'E110']);

const readCode = createCellReader(`${ANSWER}.code`);
const readMessageId = createCellReader(`${ANSWER}.data.message_id`);

function derive(fields: Fields) {
  const code = textOf(readCode(fields));
  const { recipient, recipients } = fields;
  const messageId = code === ACCEPTED ? textOf(readMessageId(fields)) : null;
  const number = whatsAppNumber(recipient);
  return {
    // One answer names the request; its recipients make it several messages.
    messageId: messageId === null || recipients === 1 ? (messageId ?? undefined) : `${messageId}:${number}`,
    outcome: code !== null && REFUSED.has(code) ? 'failed' : undefined,
    customerNumber: number,
    businessNumber: businessNumber(fields),
    sentAt: sentAt(fields),
  };
}

const SENDER = /\/whatsapp\/([^/?#]+)\/messages/;
const readUrls = ['request.url', 'request.uri', 'request.path', 'url', 'path'].map(createCellReader);
const readSenders = ['from', 'sender', 'phone_number', 'request.from', 'request.phone_number'].map(
  createCellReader,
);

/** The path of the request names the number that sends; otherwise the log may. */
function businessNumber(fields: Fields): string | undefined {
  for (const read of readUrls) {
    const [, sender] = SENDER.exec(canonicalText(read(fields))) ?? [];
    if (sender !== undefined) return whatsAppNumber(sender.replace(/^%2B/i, '+'));
  }
  return whatsAppNumber(firstFilled(readSenders.map((read) => read(fields))));
}

/** What logs call the time of an entry. */
const readTimes = [
  ...[
    'sentAt',
    'sent_at',
    'timestamp',
    'time',
    'at',
    'date',
    'datetime',
    'createdAt',
    'created_at',
    'requestedAt',
  ],
  ...[
    'requested_at',
    'loggedAt',
    'logged_at',
    '@timestamp',
    'ts',
    'request.timestamp',
    'request.time',
    'response.date',
  ],
].map(createCellReader);

/** Ten digits are Unix seconds, as those of every date from 2001 to 2286 are. */
function sentAt(fields: Fields): string | undefined {
  const text = canonicalText(firstFilled(readTimes.map((read) => read(fields)))).trim();
  if (text === '') return undefined;
  const [, seconds, fraction = ''] = /^(\d{10})(?:\.(\d+))?$/.exec(text) ?? [];
  return seconds === undefined ? text : seconds + fraction.slice(0, 3).padEnd(3, '0');
}

function firstFilled(values: readonly unknown[]): unknown {
  return values.find((value) => !isAbsent(value));
}
