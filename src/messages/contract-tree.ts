/**
 * The wire contract as a tree that can be asked questions: which fields exist at a path, and of which type. Read off the
 * zod schemas, so that there is one contract only.
 */
import { z } from 'zod';

export type ContractNode = { readonly schema: z.ZodType } & (
  | { readonly kind: 'text' | 'boolean' | 'integer' | 'json' }
  | { readonly kind: 'code'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly element: ContractNode }
  /** Named fields and no others, in the contract's order. */
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, ContractNode> }
  /** Any names (`metaData`). */
  | { readonly kind: 'free'; readonly value: ContractNode }
);

/** Named fields, below which a contract's other nodes stand. */
export type ContractFields = Extract<ContractNode, { readonly kind: 'object' }>;

/** The contract that a schema of an object states. */
export function contractFields(schema: z.ZodObject): ContractFields {
  return describe(schema) as ContractFields;
}

function describe(schema: z.ZodType): ContractNode {
  if (schema instanceof z.ZodExactOptional) return describe(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodPipe) return { ...describe(schema.def.out as z.ZodType), schema };
  if (schema instanceof z.ZodObject) {
    const fields = new Map<string, ContractNode>();
    for (const [name, field] of Object.entries(schema.shape)) fields.set(name, describe(field as z.ZodType));
    return { kind: 'object', fields, schema };
  }
  if (schema instanceof z.ZodArray) {
    return { kind: 'list', element: describe(schema.element as z.ZodType), schema };
  }
  if (schema instanceof z.ZodRecord) {
    return { kind: 'free', value: describe(schema.valueType as z.ZodType), schema };
  }
  if (schema instanceof z.ZodEnum) return { kind: 'code', values: schema.options as string[], schema };
  if (schema instanceof z.ZodBoolean) return { kind: 'boolean', schema };
  if (schema instanceof z.ZodNumber) return { kind: 'integer', schema };
  if (schema instanceof z.ZodString || schema instanceof z.ZodISODateTime) return { kind: 'text', schema };
  return { kind: 'json', schema };
}

/** What a contract holds at a path (list positions are digits), or null where it holds nothing. */
export function contractAt(root: ContractNode, path: readonly PropertyKey[]): ContractNode | null {
  let node = root;
  for (const segment of path) {
    const next: ContractNode | null = step(node, String(segment));
    if (next === null) return null;
    node = next;
  }
  return node;
}

/** One step down the contract. */
export function step(node: ContractNode, segment: string): ContractNode | null {
  switch (node.kind) {
    case 'object':
      return node.fields.get(segment) ?? null;
    case 'list':
      return /^(?:0|[1-9]\d?)$/.test(segment) ? node.element : null;
    case 'free':
      return node.value;
    case 'json':
      return node;
    default:
      return null;
  }
}
