/** Mappings whose messages go to people at once, compiled from rules as a configuration has them. */
import { configSchema } from '../../src/config/schema.ts';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { Mapping } from '../../src/mapping/mapping.ts';

const SECRET = { env: 'SECRET' };

const TEXT_DESTINATION = {
  type: 'mykaarma-text',
  baseUrl: 'http://127.0.0.1:1',
  auth: { username: SECRET, password: SECRET },
};

export const SENDER = '+16285550191';

const WHATSAPP_DESTINATION = {
  ...{ type: 'kaleyra-whatsapp', sid: 'HX1', sender: SENDER, baseUrl: 'http://127.0.0.1:1' },
  auth: { apiKey: SECRET },
};

/** Rules of a text from constants and the columns Id, Customer and Text. */
export const TEXT_RULES = {
  departmentUuid: { value: 'department-1' },
  customerUuid: 'Customer',
  userUuid: { value: 'user-1' },
  sourceUuid: 'Id',
  'messageAttributes.body': 'Text',
  'messageAttributes.isManual': { value: false },
  'messageAttributes.protocol': { value: 'TEXT' },
  'messageAttributes.type': { value: 'OUTGOING' },
};

/** Rules of a WhatsApp text from the columns Id, To and Text. */
export const WHATSAPP_RULES = {
  sourceUuid: 'Id',
  'messaging_object.to': 'To',
  'messaging_object.text.body': 'Text',
};

type Rules = Readonly<Record<string, unknown>>;

/** @param rules added to {@link TEXT_RULES}; undefined takes a rule away */
export function textMapping(rules: Rules = {}, destination: object = {}): Mapping {
  return mappingOf({ ...TEXT_RULES, ...rules }, { ...TEXT_DESTINATION, ...destination });
}

/** @param rules added to {@link WHATSAPP_RULES}; undefined takes a rule away */
export function whatsappMapping(rules: Rules = {}, destination: object = {}): Mapping {
  return mappingOf({ ...WHATSAPP_RULES, ...rules }, { ...WHATSAPP_DESTINATION, ...destination });
}

function mappingOf(rules: Rules, destination: object): Mapping {
  const given = Object.entries(rules).filter(([, rule]) => rule !== undefined);
  return compileMapping({
    config: configSchema.parse({
      stream: 'live',
      source: { format: 'csv', files: ['export.csv'] },
      mapping: Object.fromEntries(given),
      destination,
    }),
    lookups: new Map(),
    mapper: null,
    clock: { nowMs: () => 0 },
  });
}
