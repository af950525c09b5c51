/**
 * Kills the program again and again, at every moment of its work, and holds against each other what its exports said, what its
 * ledger claims and what the API has: `npm run soak -- --seconds 600`. Between the experiments readers are fuzzed for a while. Ends
 * with 1 when anything is wrong, and says how to see it again: `npm run soak -- --only import --seed 7 --runs 1`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { conduct, type Experiment } from '../test/soak/experiment.ts';
import { EXPERIMENTS } from '../test/soak/experiments.ts';
import { soakTable } from '../test/soak/table.ts';
import { createTally, killsOf } from '../test/soak/tally.ts';
import { createScope } from '../test/support/scope.ts';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';

const FUZZ = fileURLToPath(new URL('fuzz.ts', import.meta.url));
/** A few seconds' work. */
const FUZZ_CASES = 1_000;

/** Damaged input for everything that reads: one process of `npm run fuzz`. */
const fuzzing: Experiment = {
  name: 'fuzz',
  kills: 0,
  async run(scope, { seed, tally: counted }) {
    const words = [FUZZ, '--cases', String(FUZZ_CASES), '--seed', String(seed)];
    // Whatever it leaves when it is ended early goes with this directory.
    const env = { ...process.env, TMPDIR: temporaryDirectory(scope) };
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'], env });
    scope.after(() => child.kill('SIGKILL'));
    const output = Array.fromAsync(child.stdout);
    const [exitCode] = await once(child, 'close');
    if (exitCode !== 0) throw new Error(Buffer.concat(await output).toString());
    counted.fuzzed += FUZZ_CASES;
  },
};

const ALL = [...EXPERIMENTS, fuzzing];
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    kills: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const chosen = ALL.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) {
  process.stderr.write(`--only takes one of ${ALL.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
const firstSeed = Number(values.seed ?? Date.now() % 1_000_000);
const mostRuns = Number(
  values.runs ?? (values.seconds === undefined ? chosen.length : Number.POSITIVE_INFINITY),
);
const endMs = performance.now() + Number(values.seconds ?? Number.POSITIVE_INFINITY) * 1_000;

const tally = createTally();
const failures: string[] = [];
let runs = 0;
let scope = createScope();
let interrupted = false;
for (const [signal, exitCode] of Object.entries(SIGNALS)) {
  process.once(signal, () => {
    interrupted = true;
    void scope.end().finally(() => process.exit(exitCode));
  });
}

/** Each run has a seed of its own, so that one alone can be seen again. */
for (; runs < mostRuns && performance.now() < endMs && !interrupted; runs += 1) {
  const experiment = chosen[runs % chosen.length] as Experiment;
  await attempt(experiment, firstSeed + runs);
}
process.stdout.write(`\n${soakTable({ seed: firstSeed, runs, tally, failures })}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function attempt(experiment: Experiment, seed: number): Promise<void> {
  const { name } = experiment;
  const startMs = performance.now();
  const killsBefore = killsOf(tally);
  scope = createScope();
  let problem: string | null = null;
  try {
    await conduct(experiment, scope, { seed, tally, kills: Number(values.kills ?? experiment.kills) });
  } catch (error) {
    problem = (error as Error).message;
  } finally {
    await scope.end();
  }
  if (interrupted) return;
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  if (problem !== null) {
    const words = ['npm run soak --', `--only ${name} --seed ${seed} --runs 1`];
    if (values.kills !== undefined) words.push(`--kills ${values.kills}`);
    failures.push(words.join(' '));
    process.stdout.write(`${name}, seed ${seed}: ${problem}\n  again: ${words.join(' ')}\n`);
  } else if (values.verbose) {
    process.stdout.write(`${name}, seed ${seed}: ${killsOf(tally) - killsBefore} kills in ${seconds} s\n`);
  }
}
