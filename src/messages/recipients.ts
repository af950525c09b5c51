/** The people whom one record is to reach. */
import type { FieldError } from '../errors.ts';
import { required } from './field-errors.ts';

/** With plus sign and country code. Without the plus a national number could pass for one of another country. */
const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * The numbers of a list, or of a text in which commas separate them; each once, in their order.
 *
 * @param value as the mapping gives it
 * @param sender a number that cannot be among them
 */
export function readRecipients(
  value: unknown,
  { field, sender }: { readonly field: string; readonly sender: string },
): { readonly recipients: readonly string[] } | { readonly errors: readonly FieldError[] } {
  const parts = (Array.isArray(value) ? value : [value]).flatMap((part) =>
    typeof part === 'string' ? part.split(',').map((number) => number.trim()) : [part],
  );
  const given = parts.filter((part) => part !== '' && part !== undefined && part !== null);
  if (given.length === 0) return { errors: [required(field)] };
  const isNumber = (part: unknown): part is string => typeof part === 'string' && E164.test(part);
  if (!given.every(isNumber)) return { errors: [notE164(field)] };
  if (given.includes(sender)) return { errors: [isSender(field)] };
  return { recipients: [...new Set(given)] };
}

function notE164(field: string): FieldError {
  return {
    field,
    code: 'NOT_E164',
    message: `${field} must hold phone numbers in E.164 form: plus sign, country code, digits only`,
    fix: 'Correct the export, or give the rule a `phone` with the region of the numbers, e.g. "IN".',
  };
}

function isSender(field: string): FieldError {
  return {
    field,
    code: 'RECIPIENT_IS_SENDER',
    message: `${field} holds the number that messages come from`,
    fix: 'Map it to the number of the customer, or skip such records.',
  };
}
