/** Phone numbers as exports have them, read into E.164 or refused with the reason. */
import {
  type CountryCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js';
import { UsageError } from '../errors.ts';
import { normaliseBlanks } from './blanks.ts';

export type PhoneFault =
  | 'PHONE_ALPHANUMERIC'
  | 'PHONE_INVALID'
  | 'PHONE_SEVERAL'
  | 'PHONE_SHORT_CODE'
  | 'PHONE_SPREADSHEET'
  | 'PHONE_WITHHELD';

export type PhoneReading = { readonly e164: string } | { readonly fault: PhoneFault };

export const PHONE_FAULTS: Readonly<Record<PhoneFault, { readonly message: string; readonly fix: string }>> =
  {
    PHONE_ALPHANUMERIC: {
      message: 'this is a name, not a phone number',
      fix: 'Skip such records, or find the customer by another column.',
    },
    PHONE_INVALID: {
      message: 'this is no phone number of the region',
      fix: 'Correct the number, write it with + and its country code, or set the region that it belongs to.',
    },
    PHONE_SEVERAL: {
      message: 'the cell holds several phone numbers',
      fix: 'Leave one number in the cell.',
    },
    PHONE_SHORT_CODE: {
      message: 'this is a short code, which belongs to no customer',
      fix: "Map the other end of the message, or skip records with the sender's short code.",
    },
    PHONE_SPREADSHEET: {
      message: 'a spreadsheet has rounded the phone number; its digits are lost',
      fix: 'Export again with the column formatted as text.',
    },
    PHONE_WITHHELD: {
      message: 'the number is withheld',
      fix: 'Skip such records, or find the customer by another column.',
    },
  };

/** Enough for the customers of a stretch of an export; emptied when full, so that memory stays flat. */
const MOST_REMEMBERED = 10_000;

/**
 * A reader of phone numbers that people of `region` write. It asks whether a number is *possible*, not whether its prefix
 * is in service: prefixes come and go over the years that an export spans, and reserved numbers are never in service.
 *
 * @param region ISO 3166 code, `US`
 * @throws {UsageError} UNKNOWN_REGION
 */
export function createPhoneReader(region: string): (text: string) => PhoneReading {
  if (!isSupportedCountry(region)) {
    throw new UsageError(`${region} is not a region with phone numbers`, {
      code: 'UNKNOWN_REGION',
      fix: 'Use the two-letter ISO 3166 code of a country, such as US or GB.',
    });
  }
  const remembered = new Map<string, PhoneReading>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const reading = readPhone(text, region);
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(text, reading);
    return reading;
  };
}

/** Longer cells hold prose. */
const LONGEST_CELL = 250;
/** What senders' addresses begin with in the exports of messaging platforms. */
const SCHEME = /^(?:tel|sms|whatsapp|rcs):/i;
const ROUNDED = /^[+-]?\d+(?:[.,]\d+)?e[+]?\d+$|^#+$/i;
/** An integer that passed through a floating-point column; exact as long as only the `.0` was added. */
const FLOAT_SUFFIX = /^(\+?\d{7,15})\.0$/;
const WITHHELD =
  /^(?:-1|0+|anonymous|withheld|private|restricted|unavailable|unknown|blocked|no caller id|(?:number|private|unknown|withheld) (?:number|withheld|caller))$/i;
const EXTENSION = /[\s,;]*(?:\bext(?:ension|n)?\b\.?|\bx|#)\s*[:=]?\s*\d{1,7}$/i;
const SEPARATOR = /[,;/|&\s]|\band\b|\bor\b/i;
const FEWEST_DIGITS = 7;

function readPhone(cell: string, region: CountryCode): PhoneReading {
  if (cell.length > LONGEST_CELL) return { fault: 'PHONE_INVALID' };
  const text = normaliseBlanks(cell).replace(SCHEME, '').replace(FLOAT_SUFFIX, '$1');
  if (ROUNDED.test(text)) return { fault: 'PHONE_SPREADSHEET' };
  if (WITHHELD.test(text)) return { fault: 'PHONE_WITHHELD' };
  if (/^\d{3,6}$/.test(text)) return { fault: 'PHONE_SHORT_CODE' };
  const withoutExtension = text.replace(EXTENSION, '');
  if (holdsSeveral(withoutExtension)) return { fault: 'PHONE_SEVERAL' };
  if (/\p{L}/u.test(withoutExtension)) return { fault: 'PHONE_ALPHANUMERIC' };
  const number: PhoneNumber | undefined = parsePhoneNumberFromString(withoutExtension, {
    defaultCountry: region,
    extract: false,
  });
  return number?.isPossible() ? { e164: number.number } : { fault: 'PHONE_INVALID' };
}

function holdsSeveral(text: string): boolean {
  const whole = text.split(SEPARATOR).filter((part) => part.replaceAll(/\D/g, '').length >= FEWEST_DIGITS);
  return whole.length > 1 || (text.match(/\+/g)?.length ?? 0) > 1;
}
