/** A message event in which every documented field is filled, as the source gives it, and ways to change it. */
import { readFileSync } from 'node:fs';
import { parseExactJson } from '../../src/sources/exact-json.ts';

export type Event = Record<string, unknown>;

const EVERY_FIELD = readFileSync(new URL('../../fixtures/events/every-field.json', import.meta.url), 'utf8');

export function everyField(): Event {
  return parseExactJson(EVERY_FIELD) as Event;
}

/** The event with other values at dotted paths; undefined takes a field away. A list stands for its first element. */
export function eventWith(changes: Readonly<Record<string, unknown>>): Event {
  const event = everyField();
  for (const [path, value] of Object.entries(changes)) {
    const segments = path.split('.');
    const last = segments.pop() as string;
    let holder = event;
    for (const segment of segments) holder = first(holder[segment]) as Event;
    if (value === undefined) delete holder[last];
    else holder[last] = value;
  }
  return event;
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}
