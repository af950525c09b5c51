/** Kaleyra's tabular WhatsApp report as historical messages: see docs/kaleyra.md. */
import type { CodeTables } from '../../config/mapping-schema.ts';
import { normaliseBlanks } from '../blanks.ts';
import { canonicalText } from '../cells.ts';
import { createTimeReader } from '../time.ts';
import type { Fields, Preset } from './preset.ts';
import { SEND_FAILED, WHATSAPP_RULES, whatsAppNumber } from './whatsapp.ts';

/** The report's times are UTC, ISO 8601. */
const TIME = { formats: ['iso'], zone: 'UTC', gap: 'reject', fold: 'reject' } as const;

export const kaleyraReport: Preset = {
  revision: 1,
  areCodesAssumed: false,
  /** MESSAGE_DIRECTION: true is incoming. */
  codes: { direction: { ...inEveryCase('true', 'INCOMING'), ...inEveryCase('false', 'OUTGOING') } },
  rules: (_options, codes) => ({
    mapping: {
      ...WHATSAPP_RULES,
      sourceUuid: 'WHATSAPP_ID',
      version: 'derived.version',
      sentOn: { firstOf: ['SENT_AT', 'CREATED_AT'], time: { ...TIME, formats: [...TIME.formats] } },
      'messageAttributes.type': { from: 'MESSAGE_DIRECTION', codes: 'direction' },
      'messageAttributes.body': 'MESSAGE',
      'messageAttributes.isManual': {
        from: 'SOURCE',
        map: { ...inEveryCase('api', false), ...inEveryCase('campaign', false) },
        otherwise: true,
        default: true,
      },
      'messageAttributes.metaData.whatsAppId': 'WHATSAPP_ID',
      'messageAttributes.metaData.wabaId': 'WABA_ID',
      'messageAttributes.metaData.fromNumber': 'FROM',
      'messageAttributes.metaData.toNumber': 'TO',
      'messageAttributes.metaData.source': 'SOURCE',
      'messageAttributes.metaData.format': 'FORMAT',
      'messageAttributes.metaData.country': 'COUNTRY',
      'messageAttributes.metaData.templateName': 'TEMPLATE_NAME',
      'messageAttributes.metaData.reasonForFailure': 'REASON_FOR_FAILURE',
      'messageAttributes.metaData.createdAt': 'CREATED_AT',
      'messageAttributes.metaData.sentAt': 'SENT_AT',
      'messageAttributes.metaData.deliveredAt': 'DELIVERED_AT',
      'messageAttributes.metaData.seenAt': 'SEEN_AT',
      'messageAttributes.metaData.failedAt': 'FAILED_AT',
      'messageAttributes.metaData.ref': 'REF',
      'messageAttributes.metaData.ref1': 'REF1',
      'messageAttributes.metaData.ref2': 'REF2',
    },
    skip: [{ from: 'derived.outcome', in: ['failed'], reason: SEND_FAILED }],
    advice: [],
    ends: { from: 'FROM', to: 'TO' },
    derive: (fields) => derive(fields, codes),
  }),
};

function derive(fields: Fields, codes: CodeTables) {
  const direction = codes.direction?.[canonicalText(fields.MESSAGE_DIRECTION).trim()];
  const [business, customer] =
    direction === 'INCOMING'
      ? [fields.TO, fields.FROM]
      : direction === 'OUTGOING'
        ? [fields.FROM, fields.TO]
        : [];
  return {
    businessNumber: whatsAppNumber(business),
    customerNumber: whatsAppNumber(customer),
    outcome: isFailed(fields) ? 'failed' : undefined,
    version: latestMs(fields),
  };
}

/** What spreadsheets and reports write where there is nothing. */
const NOTHING = new Set(['', '-', 'na', 'n/a', 'nil', 'none', 'null', 'undefined']);

function isFilled(cell: unknown): boolean {
  return !NOTHING.has(canonicalText(cell).trim().toLowerCase());
}

/** A message that reached its recipient after all did not fail. */
function isFailed({ FAILED_AT, REASON_FOR_FAILURE, DELIVERED_AT, SEEN_AT }: Fields): boolean {
  return [FAILED_AT, REASON_FOR_FAILURE].some(isFilled) && ![DELIVERED_AT, SEEN_AT].some(isFilled);
}

const TIMES = ['CREATED_AT', 'FAILED_AT', 'SENT_AT', 'DELIVERED_AT', 'SEEN_AT'];
const readTime = createTimeReader({ ...TIME, formats: [...TIME.formats] });

/** The later of two reports on a message knows of later events. */
function latestMs(fields: Fields): number | undefined {
  const known = TIMES.map((name) => readTime(normaliseBlanks(canonicalText(fields[name])))).filter(
    (reading) => typeof reading === 'number',
  );
  return known.length === 0 ? undefined : Math.max(...known);
}

/** `true`, `TRUE` and `True`: spreadsheets write them anew. */
function inEveryCase<Value>(text: string, value: Value): Record<string, Value> {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return { [text]: value, [text.toUpperCase()]: value, [capital]: value };
}
