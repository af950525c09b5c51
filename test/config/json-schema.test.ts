import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { alternatives, type JsonSchema, jsonSchema, knownKeysAt } from '../../src/config/json-schema.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Every key that a person may write, as `docs/configuration.md` writes it: what credentials are made of stands there once. */
function* keysOf(schema: JsonSchema, prefix: string): Iterable<[key: string, schema: JsonSchema]> {
  if (isCredential(schema)) return;
  for (const part of alternatives(schema)) {
    for (const [name, inner] of Object.entries(part.properties ?? {})) {
      const key = prefix === '' ? name : `${prefix}.${name}`;
      yield [key, inner];
      yield* keysOf(inner, key);
    }
    if (part.items !== undefined) yield* keysOf(part.items, `${prefix}[]`);
    if (typeof part.additionalProperties === 'object')
      yield* keysOf(part.additionalProperties, `${prefix}.<name>`);
  }
}

function isCredential(schema: JsonSchema): boolean {
  return alternatives(schema).some(({ properties }) => properties?.env !== undefined);
}

test('the schema is that of the document as written: what has a default is not required', () => {
  const schema = jsonSchema();
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.deepEqual(schema.required, ['stream', 'source', 'destination']);
  assert.equal(schema.additionalProperties, false);
  assert.equal(schema.properties?.delivery?.properties?.concurrency?.default, 4);
});

test('every key says what it means', () => {
  for (const [key, schema] of keysOf(jsonSchema(), '')) {
    assert.ok((schema.description ?? '').length > 5, `${key} has no description`);
  }
});

test('every key is in docs/configuration.md, with its default', () => {
  const docs = readFileSync(at('docs/configuration.md'), 'utf8');
  for (const [key, schema] of keysOf(jsonSchema(), '')) {
    const line = docs.split('\n').find((text) => text.startsWith(`| \`${key}\` |`));
    assert.ok(line !== undefined, `${key} is not documented`);
    if (typeof schema.default === 'number') assert.ok(line.includes(`\`${schema.default}\``), line);
  }
});

test('docs/configuration.md is what the schema says now', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [at('scripts/make-configuration-docs.ts'), '--check'],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stderr);
});

test('known keys are found behind lists, names and alternatives', () => {
  const schema = jsonSchema();
  assert.ok(knownKeysAt(schema, []).includes('stream'));
  assert.ok(knownKeysAt(schema, ['skip', 0]).includes('reason'));
  assert.ok(knownKeysAt(schema, ['mapping', 'sentOn', 'time']).includes('formats'));
  assert.deepEqual(knownKeysAt(schema, ['mapping']), []);
  assert.deepEqual(knownKeysAt(schema, ['nowhere', 'toString']), []);
});
