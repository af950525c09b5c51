import type { Scope } from '../support/scope.ts';
import type { Tally } from './tally.ts';

export interface Order {
  /** Decides everything that is left to chance. */
  readonly seed: number;
  /** How many processes are to be killed. */
  readonly kills: number;
  readonly tally: Tally;
}

export interface ExperimentOrder extends Order {
  /** Gets a line for every process, for those who want to know how it came to a failure. */
  readonly journal: string[];
}

export interface Experiment {
  /** As `--only` takes it. */
  readonly name: string;
  /** Kills in one experiment of the soak. */
  readonly kills: number;
  /** @throws {Error} with what is wrong. */
  run(scope: Scope, order: ExperimentOrder): Promise<void>;
}

/** @throws {Error} with what is wrong, and what led there. */
export async function conduct(experiment: Experiment, scope: Scope, order: Order): Promise<void> {
  const journal: string[] = [];
  try {
    await experiment.run(scope, { ...order, journal });
  } catch (error) {
    const { message, stack } = error as Error;
    const at = stack?.slice(stack.indexOf('\n    at ')) ?? '';
    throw new Error(`${message}${at}\n  after:\n${journal.map((line) => `    ${line}`).join('\n')}`, {
      cause: error,
    });
  }
}
