import type { Scope } from '../support/scope.ts';
import type { Tally } from './tally.ts';

export interface Order {
  /** Decides everything that is left to chance. */
  readonly seed: number;
  /** How many processes are to be killed. */
  readonly kills: number;
  readonly tally: Tally;
}

export interface Experiment {
  /** As `--only` takes it. */
  readonly name: string;
  /** Kills in one experiment of the soak. */
  readonly kills: number;
  /** @throws {Error} with what is wrong. */
  run(scope: Scope, order: Order): Promise<void>;
}
