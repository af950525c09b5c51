/** What both of Kaleyra's presets know of WhatsApp. */
import { isAbsent, textOf } from '../cells.ts';

const DIGITS = /^\+?\d{7,15}$/;

/**
 * WhatsApp numbers have their country's code and often no plus sign. What does not look like one is left as it is: the
 * lookup says what is wrong with it.
 */
export function whatsAppNumber(cell: unknown): string | undefined {
  const text = textOf(cell)?.trim();
  if (isAbsent(text)) return undefined;
  const compact = text.replaceAll(/[\s().-]/g, '');
  if (!DIGITS.test(compact)) return text;
  return compact.startsWith('+') ? compact : `+${compact}`;
}

/** There is no WhatsApp protocol in the target: such messages are texts that say so. */
export const WHATSAPP_RULES = {
  customerUuid: { from: 'derived.customerNumber', lookup: 'customers' },
  'messageAttributes.protocol': { value: 'TEXT' },
  'messageAttributes.metaData.channel': { value: 'WHATSAPP' },
} as const;

/** By which users switch such skip rules off. */
export const SEND_FAILED = 'the send failed';
