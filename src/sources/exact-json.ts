/** JSON.parse that never rounds: a number that a double cannot hold becomes a string with its digits. */

/**
 * Only then can a number have more digits than a double keeps, or an exponent that it has no room for. What comes before
 * tells numbers from most digits inside strings, which would make the slow way common.
 */
const MAY_BE_ROUNDED = /(?:^|[:,[\s])-?(?:(?:\d\.?){16}|[\d.]+[eE][+-]?\d{3})/;

type ReviverWithSource = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** @throws {SyntaxError} as JSON.parse does. */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isFreeOfNumbers(value) || !MAY_BE_ROUNDED.test(text)) return value;
  return JSON.parse(text, exactNumbers as ReviverWithSource as (key: string, value: unknown) => unknown);
}

/** So are the records of many exports, and then nobody needs to look through their text. Nested values are not looked into. */
function isFreeOfNumbers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'number';
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner === 'number' || (typeof inner === 'object' && inner !== null)) return false;
  }
  return true;
}

const exactNumbers: ReviverWithSource = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && !isExact(value, source) ? source : value;

function isExact(value: number, source: string): boolean {
  return canonical(String(value)) === canonical(source);
}

/** Significant digits and power of ten: `1.50e3`, `1500` and `15e2` are the same. */
function canonical(number: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number);
  if (match === null) return number;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
