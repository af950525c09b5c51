/** From a header row to the keys of a record's fields. */

export interface Columns {
  /** One key per column, all different. */
  readonly keys: readonly string[];
  /** Names that occur more than once in the header. */
  readonly duplicates: readonly string[];
}

/** Names are trimmed; a repeated one is numbered from the second (`Name#2`), a missing one is its position (`#3`). */
export function columnsOf(names: readonly string[]): Columns {
  const trimmed = names.map((name) => name.trim());
  const taken = new Set(trimmed);
  const seen = new Map<string, number>();
  const keys = trimmed.map((name, at) => {
    if (name === '') return untaken(`#${at + 1}`, taken);
    const occurrence = (seen.get(name) ?? 0) + 1;
    seen.set(name, occurrence);
    return occurrence === 1 ? name : numbered(name, occurrence, taken);
  });
  const duplicates = [...seen].filter(([, count]) => count > 1).map(([name]) => name);
  return { keys, duplicates };
}

/** Columns without a header: `#1`, `#2`, … */
export function unnamedColumns(count: number): Columns {
  return columnsOf(Array.from({ length: count }, () => ''));
}

/**
 * A row's cells under their columns' keys. Surplus cells are kept under their positions; missing ones are absent.
 * The result has no prototype, so that a column named `__proto__` is just a column.
 */
export function fieldsOf(keys: readonly string[], cells: readonly string[]): Record<string, unknown> {
  // Not Object.create(null): V8 makes that a hash table, which takes twice as long to fill and to turn into JSON.
  const fields: Record<string, unknown> = Object.setPrototypeOf({}, null);
  const named = Math.min(keys.length, cells.length);
  for (let at = 0; at < named; at += 1) fields[keys[at] as string] = cells[at];
  for (let at = named; at < cells.length; at += 1) fields[surplusKey(keys, at)] = cells[at];
  return fields;
}

/** The key of the cell at 0-based `at`, beyond the last column. */
export function surplusKey(keys: readonly string[], at: number): string {
  return untaken(`#${at + 1}`, new Set(keys));
}

/** Whether a key is a position (`#7`) rather than a name. */
export function isPositionKey(key: string): boolean {
  return /^#[1-9]\d*$/.test(key);
}

function numbered(name: string, occurrence: number, taken: Set<string>): string {
  let number = occurrence;
  while (taken.has(`${name}#${number}`)) number += 1;
  taken.add(`${name}#${number}`);
  return `${name}#${number}`;
}

function untaken(key: string, taken: Set<string>): string {
  let free = key;
  while (taken.has(free)) free += '#';
  taken.add(free);
  return free;
}
