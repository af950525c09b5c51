/**
 * Writes docs/configuration.md from the configuration's schema; with `--check`, only says whether it is up to date
 * (exit code 1 when it is not).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { alternatives, type JsonSchema, jsonSchema } from '../src/config/json-schema.ts';

const FILE = new URL('../docs/configuration.md', import.meta.url);

const INTRODUCTION = `# Configuration

Generated from \`src/config/schema.ts\` by \`npm run docs\`; change the schema, not this page.

The configuration is \`pipeline.config.json\` in the working directory, or the file that \`--config\` names. It is
JSON; comments (\`//\`, \`/* */\`) and trailing commas are allowed. Unknown keys are errors. \`backhaul schema\` prints
its JSON Schema: with \`"$schema"\` pointing at a file that holds it, editors complete and check as you type.

Paths inside the configuration are relative to its directory; paths on the command line to the working directory.

**One value from the command line:** \`--set path=value\`, repeatable. The value is JSON where it can be read as
such, else text. Keys with dots in them go into brackets and quotes:

\`\`\`sh
backhaul check --set delivery.concurrency=8 --set 'mapping["messageAttributes.body"]=Text' --set 'source.files[0]=a.csv'
\`\`\`

**Credentials** are never written down here. Wherever one is needed, say where it comes from:

| form | where it comes from |
| --- | --- |
| \`{ "env": "NAME" }\` | an environment variable |
| \`{ "file": "path" }\` | a file; a final line end is dropped |
| \`{ "command": ["program", "argument"] }\` | what a program prints within 30 seconds; no shell is involved, a final line end is dropped |

**Encryption:** \`destination.baseUrl\` must be \`https://\`, except for this machine itself (\`localhost\`, \`127.0.0.1\`,
\`[::1]\`), unless \`destination.allowInsecure\` says otherwise. It holds no credentials, query or fragment.

**Certificates:** what Node trusts is trusted (\`NODE_EXTRA_CA_CERTS\` included), and the authorities in
\`destination.caFile\` besides. A certificate that is not trusted, not valid at this time or issued for another host
stops the run; nothing is sent, and no setting sends past it.

**Proxies:** \`HTTPS_PROXY\` (for an \`https://\` base URL) or \`HTTP_PROXY\` (for \`http://\`) names an HTTP proxy, e.g.
\`http://user:password@proxy.example.com:3128\`; without a scheme, \`http://\` is meant. Requests go through its tunnel
(\`CONNECT\`), so that it sees neither credentials nor messages of an \`https://\` API. \`NO_PROXY\` lists hosts that
need none: names, each with its subdomains, addresses, \`host:port\`, or \`*\` for all. Lower-case names of these
variables come first. This machine itself (\`localhost\`, \`127.0.0.1\`, \`[::1]\`) is always reached directly. A proxy
that cannot be reached, or cannot reach the API, is an outage; one that asks for credentials (407) or refuses
otherwise stops the run.
`;

/** What the schema's own descriptions cannot say in one line. */
const NOTES: Readonly<Record<string, string>> = {
  mapping: `A key is a dotted path of the request, or one of the envelope: \`departmentUuid\`, \`customerUuid\`. A rule is a
column name, or an object. Its parts apply in this order: \`from\` / \`firstOf\` / \`template\` / \`value\`, \`json\`,
\`split\`, \`trim\`, then one of \`phone\`, \`time\`, \`map\`, \`codes\`, then \`lookup\`, then \`default\`. An empty cell is absent:
\`default\` fills absence only. What \`map\`, \`codes\` or \`lookup\` does not know rejects the record, unless \`otherwise\` says
what to use. Absent fields are left out of the request; null is never sent. An exact column name beats a dotted path.

`,
  preset: `A preset is ordinary configuration: what you write under \`mapping\`, \`codes\` and \`skip\` takes the place of single rules of it.
A rule \`{ "value": null }\` takes one away; a skip rule takes the place of the preset's with the same \`reason\`. Its rules are spelt
out in [message-events.md](message-events.md) and [kaleyra.md](kaleyra.md).

`,
  skip: `The first rule that holds decides; each has exactly one of \`in\`, \`notIn\`, \`empty\`, \`matches\`.

`,
};

interface Row {
  readonly key: string;
  readonly type: string;
  readonly fallback: string;
  readonly meaning: string;
}

function configurationDocs(schema: JsonSchema): string {
  const sections = Object.entries(schema.properties ?? {}).map(([key, part]) => {
    const required = schema.required?.includes(key) === true;
    const rows = rowsOf(key, part, required);
    return `## ${key}\n\n${NOTES[key] ?? ''}${table(rows)}`;
  });
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}

/** The key itself, then everything below it; names that a person chooses are written \`<name>\`. */
function rowsOf(key: string, schema: JsonSchema, required: boolean): readonly Row[] {
  const row = {
    key,
    type: typeName(schema),
    fallback: fallbackOf(schema, required),
    meaning: meaningOf(schema),
  };
  return isSecret(schema) ? [row] : [row, ...alternatives(schema).flatMap((part) => rowsBelow(key, part))];
}

function rowsBelow(key: string, schema: JsonSchema): readonly Row[] {
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, part]) =>
    rowsOf(`${key}.${name}`, part, schema.required?.includes(name) === true),
  );
  const { additionalProperties: values, items } = schema;
  if (typeof values === 'object' && isObjectLike(values))
    named.push(...alternatives(values).flatMap((part) => rowsBelow(`${key}.<name>`, part)));
  if (items !== undefined && isObjectLike(items)) named.push(...rowsBelow(`${key}[]`, items));
  return named;
}

function isObjectLike(schema: JsonSchema): boolean {
  return alternatives(schema).some(({ properties }) => properties !== undefined);
}

function isSecret(schema: JsonSchema): boolean {
  return alternatives(schema).some(({ properties }) => properties?.env !== undefined);
}

function typeName(schema: JsonSchema): string {
  if (isSecret(schema)) return 'credential';
  if (schema.$ref !== undefined) return 'any JSON';
  const names = alternatives(schema).map((part) => {
    if (part.const !== undefined) return code(part.const);
    if (part.enum !== undefined) return part.enum.map(code).join(', ');
    if (part.type === 'array') return part.items === undefined ? 'list' : `list of ${typeName(part.items)}`;
    if (part.type === 'integer') return 'whole number';
    if (part.type === 'string') return 'text';
    if (part.type === 'object' && typeof part.additionalProperties === 'object') {
      return `object of ${typeName(part.additionalProperties)}`;
    }
    return part.type === undefined ? 'any JSON' : part.type;
  });
  return [...new Set(names)].join(' or ');
}

function fallbackOf(schema: JsonSchema, required: boolean): string {
  if (required) return '*required*';
  return schema.default === undefined || isFilledIn(schema) ? '' : code(schema.default);
}

/** Objects that are filled in from the defaults of their own keys. */
function isFilledIn(schema: JsonSchema): boolean {
  return schema.properties !== undefined;
}

function meaningOf(schema: JsonSchema): string {
  return schema.description ?? '';
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ key, type, fallback, meaning }) =>
    [`\`${key}\``, type, fallback, meaning].map((cell) => cell.replaceAll('|', '\\|')).join(' | '),
  );
  return `| key | type | default | meaning |\n| --- | --- | --- | --- |\n${lines.map((line) => `| ${line} |\n`).join('')}`;
}

const docs = configurationDocs(jsonSchema());
if (process.argv.includes('--check')) {
  const current = readFileSync(FILE, 'utf8');
  if (current !== docs) {
    process.stderr.write('docs/configuration.md is out of date: run `npm run docs`.\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, docs);
}
