/** Rules that name a code table become rules with that table as their map. */
import type { CodeTables, Rule } from '../config/mapping-schema.ts';
import type { Config } from '../config/schema.ts';
import { UsageError } from '../errors.ts';
import { nearest } from '../messages/suggest.ts';

/** Tables of the same name are one: single codes of the later ones win. */
export function mergeCodes(...given: readonly CodeTables[]): CodeTables {
  const merged: CodeTables = {};
  for (const [name, table] of given.flatMap(Object.entries<CodeTables[string]>)) {
    merged[name] = { ...merged[name], ...table };
  }
  return merged;
}

/** @throws {UsageError} UNKNOWN_CODE_TABLE */
export function resolveCodes(mapping: Config['mapping'], codes: CodeTables): Config['mapping'] {
  return Object.fromEntries(Object.entries(mapping).map(([key, rule]) => [key, resolved(key, rule, codes)]));
}

function resolved(key: string, rule: Rule, codes: CodeTables): Rule {
  if (typeof rule === 'string' || rule.codes === undefined) return rule;
  const table = Object.hasOwn(codes, rule.codes) ? codes[rule.codes] : undefined;
  if (table !== undefined) return { ...rule, map: table };
  const suggestion = nearest(rule.codes, Object.keys(codes));
  throw new UsageError(
    `mapping[${JSON.stringify(key)}] names the code table ${rule.codes}, which is not there.`,
    {
      code: 'UNKNOWN_CODE_TABLE',
      fix:
        suggestion === null
          ? `Add codes.${rule.codes}.`
          : `Did you mean ${suggestion}? Otherwise add codes.${rule.codes}.`,
    },
  );
}
