/** Constants of the configuration, held against the contract before the first record is read. */
import type { RuleObject } from '../config/mapping-schema.ts';
import { type FieldError, UsageError } from '../errors.ts';
import type { ContractNode } from '../messages/contract-tree.ts';
import { fieldErrors } from '../messages/field-errors.ts';
import { isAbsent } from './cells.ts';
import { coerce } from './coerce.ts';
import type { RequestPath } from './request-path.ts';

/**
 * A constant that the contract refuses would reject every record that meets it.
 *
 * @throws {UsageError} BAD_CONSTANT
 */
export function checkConstants(path: RequestPath, rule: RuleObject, fields: ContractNode): void {
  const name = `mapping[${JSON.stringify(path.key)}]`;
  check(path, rule.default, `${name}.default`, fields);
  const replaced = replacedBy(path, rule);
  check(replaced, rule.otherwise, `${name}.otherwise`, fields);
  // What is looked up, split or read further is no value of the field yet.
  if (rule.lookup !== undefined) return;
  const table = rule.codes === undefined ? `${name}.map` : `codes.${rule.codes}`;
  for (const [key, value] of Object.entries(rule.map ?? {})) {
    check(replaced, value, `${table}[${JSON.stringify(key)}]`, fields);
  }
  const isFinal = [rule.json, rule.split, rule.trim, rule.phone, rule.time, rule.map].every(
    (part) => part === undefined,
  );
  if (isFinal) check(path, rule.value, `${name}.value`, fields);
}

type Place = Pick<RequestPath, 'key' | 'node'>;

/** Where the cell becomes a list, `map` and `otherwise` replace its elements. */
function replacedBy({ key, node }: RequestPath, rule: RuleObject): Place {
  const becomesList = rule.split !== undefined || rule.json === true;
  return becomesList && node.kind === 'list' ? { key: `${key}.0`, node: node.element } : { key, node };
}

function check({ key, node }: Place, value: unknown, name: string, fields: ContractNode): void {
  if (isAbsent(value)) return;
  const errors: FieldError[] = [];
  const coerced = coerce(value, node, key, errors);
  const parsed = coerced === undefined ? null : node.schema.safeParse(coerced);
  if (parsed?.success === false) {
    const base = key.split('.');
    const issues = parsed.error.issues.map((issue) => ({ ...issue, path: [...base, ...issue.path] }));
    errors.push(...fieldErrors(issues, nested(base, coerced), fields));
  }
  const [error] = errors;
  if (error === undefined) return;
  throw new UsageError(`${name} cannot be sent: ${error.message}.`, {
    code: 'BAD_CONSTANT',
    fix: error.code === 'WRONG_TYPE' ? 'Correct the constant in the configuration.' : error.fix,
  });
}

/** The value where its path says it is, so that the errors can look at it. */
function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, segment) => ({ [segment]: inner }), value);
}
