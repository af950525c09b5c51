/** Decides which fault strikes what. */
import type { Api } from './api.ts';
import { chance } from './chance.ts';
import { type Fault, type FaultRule, faultNamed } from './faults.ts';

export interface ItemTarget {
  readonly api: Api;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly sourceUuid: string;
  /** How many times this item has been submitted, this time included. */
  readonly attempt: number;
}

export interface RequestTarget {
  readonly api: Api;
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly items: readonly { readonly sourceUuid: string; readonly attempt: number }[];
}

export interface FaultPlan {
  /** False when no rule concerns items, so that they need not be asked about. */
  readonly concernsItems: boolean;
  strikeItem(target: ItemTarget): Fault | null;
  strikeRequest(target: RequestTarget): Fault | null;
}

interface CompiledRule {
  readonly rule: FaultRule;
  readonly fault: Fault;
  readonly source: RegExp | null;
  readonly customer: RegExp | null;
  readonly department: RegExp | null;
  /** How often the conditions other than `every` and `first` held. */
  met: number;
  struck: number;
}

/**
 * @param rules checked; those for the server as a whole are ignored.
 * @param elapsedMs since the rules were set.
 */
export function createFaultPlan(
  rules: readonly FaultRule[],
  seed: number,
  elapsedMs: () => number,
): FaultPlan {
  const compiled = rules.map(compile);
  const itemRules = compiled.filter(({ fault }) => fault.effect.strikes === 'item');
  const requestRules = compiled.filter(({ fault }) => fault.effect.strikes === 'request');

  function isDuring({ during }: FaultRule): boolean {
    if (during === undefined) return true;
    const sinceStartMs = elapsedMs() - during.startMs;
    return sinceStartMs >= 0 && sinceStartMs < during.durationMs;
  }

  function concerns(
    { rule, fault, customer, department }: CompiledRule,
    target: ItemTarget | RequestTarget,
  ): boolean {
    return (
      fault.apis.includes(target.api) &&
      (rule.api === undefined || rule.api === target.api) &&
      isDuring(rule) &&
      (customer === null || customer.test(target.customerUuid)) &&
      (department === null || department.test(target.departmentUuid))
    );
  }

  return {
    concernsItems: itemRules.length > 0,
    strikeItem(target) {
      const { sourceUuid, attempt } = target;
      const struck = itemRules.find((candidate) => {
        const { rule, fault, source } = candidate;
        if (!concerns(candidate, target)) return false;
        if (source !== null && !source.test(sourceUuid)) return false;
        if (rule.attempt !== undefined && rule.attempt !== attempt) return false;
        const draw = isLasting(fault) ? [sourceUuid] : [sourceUuid, attempt];
        return (
          (rule.probability === undefined || chance(seed, fault.name, ...draw) < rule.probability) &&
          countDown(candidate)
        );
      });
      return struck?.fault ?? null;
    },
    strikeRequest(target) {
      const first = target.items[0];
      const struck = requestRules.find((candidate) => {
        const { rule, fault, source } = candidate;
        if (!concerns(candidate, target)) return false;
        if (source !== null && !target.items.some((item) => source.test(item.sourceUuid))) return false;
        if (rule.attempt !== undefined && rule.attempt !== first?.attempt) return false;
        const draw = [target.customerUuid, first?.sourceUuid ?? '', first?.attempt ?? 0];
        return (
          (rule.probability === undefined || chance(seed, fault.name, ...draw) < rule.probability) &&
          countDown(candidate)
        );
      });
      return struck?.fault ?? null;
    },
  };
}

function compile(rule: FaultRule): CompiledRule {
  const fault = faultNamed(rule.fault);
  if (fault === undefined) throw new Error(`fault rules are checked before they are planned: ${rule.fault}`);
  return {
    rule,
    fault,
    source: patternOf(rule.sourceUuid),
    customer: patternOf(rule.customerUuid),
    department: patternOf(rule.departmentUuid),
    met: 0,
    struck: 0,
  };
}

/** What is wrong with such an item is wrong at every attempt; other faults are the server's mood of the moment. */
function isLasting({ effect }: Fault): boolean {
  if (effect.strikes !== 'item') return false;
  return effect.does === 'refuse' || effect.does === 'fail-later' || typeof effect.does === 'object';
}

/** Applies `every` and `first`, once all other conditions hold. */
function countDown(candidate: CompiledRule): boolean {
  const { every, first } = candidate.rule;
  candidate.met++;
  if (every !== undefined && candidate.met % every !== 0) return false;
  if (first !== undefined && candidate.struck >= first) return false;
  candidate.struck++;
  return true;
}

function patternOf(pattern: string | undefined): RegExp | null {
  if (pattern === undefined) return null;
  const literal = pattern.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's');
}
