/** Departments and customers: opaque identifiers, of the lengths that real ones have, and of worse kinds. */
import type { SeededRandom } from './seeded-random.ts';

export const DEPARTMENTS = [
  'ZoYWkyxSESJ3iGdh2_uiqUHdbWB3L2UVg1jZ_0i94Bo',
  'dept/with a slash & co?',
  '4f3c2b1a'.repeat(8),
] as const;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** They stand in the path of a request, where each of these means something. */
const AWKWARD = ['/', '%2F', '?x=1', '#', ' ', ';v=1', 'ü', '+', '..', '👍'];

export function customersOf(random: SeededRandom, prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const awkward = index % 50 === 7 ? (AWKWARD[(index / 50) | 0] ?? '') : '';
    const rest = Array.from({ length: 30 }, () => random.pick([...ALPHABET])).join('');
    return `${prefix}${index}${awkward}${rest}`;
  });
}

/** Of the numbers reserved for fiction: 555-0100 to 555-0199 in every area. */
export function phoneOf(index: number): { readonly area: string; readonly line: string } {
  return { area: String(201 + Math.floor(index / 100)), line: `01${String(index % 100).padStart(2, '0')}` };
}
