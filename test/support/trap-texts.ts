/** What people write, and what exports make of it. */
import type { SeededRandom } from './seeded-random.ts';

const SENTENCES = [
  'Your car is ready for pickup',
  'Can I come in tomorrow at nine',
  'We found a leak in the rear brake line',
  'Thank you',
  'The loaner is waiting at the front desk',
  'Please call me back when you can',
];

/** Each of these must arrive to the byte. */
const ODDITIES = [
  'first line\nsecond line',
  'first line\r\n\r\nthird line',
  '"quoted" and, comma; semicolon',
  '<p>Hello<br/>there &amp; thanks</p>',
  'Merci 👍🏽 à bientôt 👩‍👩‍👧 𝒳',
  '\u200eHidden mark first',
  'nul\u0000inside',
  'für mÃ¼ller â€œquotedâ€\u009d',
  '=1+2',
  '@SUM(A1)',
  "'quoted for a spreadsheet",
  '  blanks around  ',
  'no\u00a0break\u202fspaces\u2028and separators',
  'e\u0301 is not é',
  '-1',
  '{"text":"looks like JSON"}',
  'null',
  'שלום\u200f',
  '\\N and \\" backslashes \\',
];

/** Told apart by its number, except for the odd ones and a plain `Ok`. */
export function bodyOf(random: SeededRandom, number: number): string {
  const luck = random.fraction();
  if (luck < 0.08) return random.pick(ODDITIES);
  if (luck < 0.11) return 'Ok';
  return `${random.pick(SENTENCES)} (${number})${random.chance(0.3) ? `. ${random.pick(SENTENCES)}.` : ''}`;
}

export function longText(bytes: number, number: number): string {
  return `${number} `.padEnd(bytes, 'blah, "blah"; blah ');
}

/** Without what windows-1252 or a file without quotes cannot hold: line ends, the delimiter, most of Unicode. */
const LETTER_ODDITIES = [
  'Für 20 € – “gern”',
  'fÃ¼r doppelt kodiert',
  'Ça va très bien, à demain…',
  '"unbalanced quote',
  'comma, semicolon; tab\tinside',
  '=HYPERLINK(1)',
  "'apostrophe",
];

export function letterOf(random: SeededRandom, number: number): string {
  const luck = random.fraction();
  if (luck < 0.06) return random.pick(LETTER_ODDITIES);
  if (luck < 0.09) return 'Ok';
  return `Ihr Wagen ist fertig, Nr. ${number}${random.chance(0.2) ? ' – bis später' : ''}`;
}
