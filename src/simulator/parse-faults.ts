/** The text form of fault rules, as `--fault` and `POST /__faults` take it. */
import { closest } from 'fastest-levenshtein';
import { parseDurationMs } from '../durations.ts';
import { UsageError } from '../errors.ts';
import { APIS } from './api.ts';
import { parseChance } from './chance.ts';
import { FAULTS, type Fault, type FaultRule, faultNamed } from './faults.ts';

type Conditions = { -readonly [Key in keyof FaultRule]: FaultRule[Key] };

/** For help texts: how a rule is written. */
export const FAULT_SYNTAX =
  'NAME[:CONDITION…], comma separated. Conditions: 0.05 or 5% (chance), #7 (every seventh), x3 (the first three times), ' +
  'attempt=1, source=PATTERN, customer=PATTERN, department=PATTERN (* stands for anything), ' +
  `api=${APIS.join('|')}, during=10s+30s`;

/**
 * Reads rules such as `reset-after:0.05,http-503:10%,omit:#7,refuse:source=bad-*,http-404:customer=c-9:x2`.
 * @throws {UsageError} `UNKNOWN_FAULT` or `FAULT_CONDITION`.
 */
export function parseFaults(text: string): FaultRule[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseRule);
}

/** @throws {UsageError} when rules that were made by a program name no fault or have conditions that make no sense. */
export function checkFaults(rules: readonly FaultRule[]): readonly FaultRule[] {
  for (const rule of rules) checkConditions(rule, requireFault(rule.fault), rule.fault);
  return rules;
}

function parseRule(text: string): FaultRule {
  const [name = '', ...conditions] = text.split(':');
  const fault = requireFault(name);
  const rule: Conditions = { fault: fault.name };
  for (const condition of conditions) {
    if (!readCondition(rule, condition))
      throw conditionError(text, `cannot read the condition "${condition}"`);
  }
  checkConditions(rule, fault, text);
  return rule;
}

function requireFault(name: string): Fault {
  const fault = faultNamed(name);
  if (fault) return fault;
  const names = FAULTS.map((known) => known.name);
  const suggestions = names.filter((known) => name !== '' && known.startsWith(`${name}-`));
  if (suggestions.length === 0) suggestions.push(closest(name, names));
  throw new UsageError(`there is no fault "${name}"`, {
    code: 'UNKNOWN_FAULT',
    fix: `Did you mean ${suggestions.join(' or ')}? \`backhaul simulate --help\` lists all of them.`,
  });
}

const PATTERN_KEYS: Readonly<Record<string, 'sourceUuid' | 'customerUuid' | 'departmentUuid'>> = {
  source: 'sourceUuid',
  customer: 'customerUuid',
  department: 'departmentUuid',
};

/** Adds one condition to the rule; false when it cannot be read. */
function readCondition(rule: Conditions, text: string): boolean {
  const counted = /^([#x]|attempt=)(\d+)$/.exec(text);
  if (counted) {
    const key = counted[1] === '#' ? 'every' : counted[1] === 'x' ? 'first' : 'attempt';
    rule[key] = Number(counted[2]);
    return true;
  }
  const chance = parseChance(text);
  if (chance !== null) {
    rule.probability = chance;
    return true;
  }
  const [, key = '', value = ''] = /^([a-z]+)=(.+)$/.exec(text) ?? [];
  if (key === 'during') {
    const [startMs, durationMs] = value.split('+').map(parseDurationMs);
    if (startMs == null || durationMs == null) return false;
    rule.during = { startMs, durationMs };
    return true;
  }
  if (key === 'api') {
    const api = APIS.find((known) => known === value);
    if (api !== undefined) rule.api = api;
    return api !== undefined;
  }
  const pattern = PATTERN_KEYS[key];
  if (pattern) rule[pattern] = value;
  return pattern !== undefined;
}

function checkConditions(rule: FaultRule, fault: Fault, text: string): void {
  const { probability, every, first, attempt, during, api } = rule;
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) {
    throw conditionError(text, 'a chance lies between 0 and 1');
  }
  for (const count of [every, first, attempt]) {
    if (count !== undefined && !(Number.isInteger(count) && count >= 1)) {
      throw conditionError(text, 'counts begin at 1');
    }
  }
  if (api !== undefined && !fault.apis.includes(api)) {
    throw conditionError(text, `it can only strike ${fault.apis.join(' and ')}`);
  }
  const others = Object.keys(rule).some((key) => key !== 'fault' && key !== 'during');
  if (fault.effect.strikes === 'server' && (during === undefined || others)) {
    throw conditionError(text, 'an outage takes a time and no other condition');
  }
}

function conditionError(text: string, reason: string): UsageError {
  return new UsageError(`fault "${text}": ${reason}`, {
    code: 'FAULT_CONDITION',
    fix: `Write ${FAULT_SYNTAX}.`,
  });
}
