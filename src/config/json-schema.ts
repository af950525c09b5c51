/** The configuration's JSON Schema: printed by `backhaul schema`, read by editors through `$schema`. */
import { z } from 'zod';
import type { JsonPath } from './jsonc.ts';
import { configSchema } from './schema.ts';

/** The part of JSON Schema that the configuration's own schema uses. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

/** What a person writes, before defaults are filled in; defaults are named in it. */
export function jsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
  return { ...schema, title: 'backhaul configuration' };
}

/** The keys that the object at `path` may have; empty where any key may be. */
export function knownKeysAt(schema: JsonSchema, path: JsonPath): readonly string[] {
  let here: readonly JsonSchema[] = [schema];
  for (const step of path) here = here.flatMap(alternatives).flatMap((part) => childOf(part, step));
  return [...new Set(here.flatMap(alternatives).flatMap((part) => Object.keys(part.properties ?? {})))];
}

/** A schema, or the schemas of which one must hold. */
export function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? schema.oneOf ?? [schema];
}

function childOf(schema: JsonSchema, step: string | number): readonly JsonSchema[] {
  if (typeof step === 'number') return schema.items === undefined ? [] : [schema.items];
  const known = schema.properties;
  if (known !== undefined && Object.hasOwn(known, step)) return [known[step] as JsonSchema];
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
}
