/** The kinds of fields that wire contracts are made of. Optional ones may be left out; none may be null. */
import { z } from 'zod';

export const text = () => z.exactOptional(z.string());
export const flag = () => z.exactOptional(z.boolean());
/** An identifier of the target system: opaque, often 43 or 64 characters long. */
export const identifier = z.string().min(1);
/** UTC with milliseconds, as in the reference's sample: `2025-03-28T11:34:43.227Z`. */
export const dateTime = () => z.exactOptional(z.iso.datetime({ precision: 3 }));

/** Any JSON value. Not zod's own: that one refers to itself, and such schemas cannot be compiled. */
export const json = () => z.custom<z.core.util.JSONType>(isJson);

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  if (Array.isArray(value)) return value.every(isJson);
  return value === null || (isPlain(value) && Object.values(value).every(isJson));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * An object with free names. zod drops an own `__proto__` key of such objects without a word; what cannot be sent as it
 * came is refused instead.
 */
export const free = <Value extends z.ZodType>(value: Value) => {
  const record = z.record(z.string(), value);
  return z.exactOptional(
    z
      .custom<z.input<typeof record>>()
      .superRefine((input, context) => {
        for (const path of prototypeKeys(input, [])) {
          context.addIssue({ code: 'unrecognized_keys', keys: ['__proto__'], path, input });
        }
      })
      .pipe(record),
  );
};

/** Where such keys are. Asked of every record, and nearly none has one: no generator, and no path before it is needed. */
function prototypeKeys(value: unknown, path: readonly PropertyKey[]): PropertyKey[][] {
  if (typeof value !== 'object' || value === null) return [];
  const found = Object.hasOwn(value, '__proto__') ? [[...path]] : [];
  for (const [key, nested] of Object.entries(value)) {
    if (typeof nested === 'object' && key !== '__proto__')
      found.push(...prototypeKeys(nested, [...path, key]));
  }
  return found;
}
