import { join } from 'node:path';
import { writeProject } from '../data/project.ts';
import { makeExport, scenarioOf, stageAnew } from '../data/scenarios.ts';
import type { Benchmark, Row } from '../harness/benchmark.ts';
import { CLI, timeNode } from '../harness/processes.ts';
import { interleaved } from '../harness/rounds.ts';

/** A start takes little, and varies much. */
const ROUNDS_A_ROUND = 3;

export const startBenchmark: Benchmark = {
  name: 'start',
  async run({ directory, isFull, rounds }) {
    const file = await makeExport(directory, { rows: isFull ? 1_000_000 : 100_000 });
    const scenario = scenarioOf(file, { ledger: join(directory, 'ledger.db') });
    await stageAnew(scenario);
    await writeProject(directory, scenario);
    const started = (words: readonly string[]) => async () => ({
      durationMs: await timeNode(words, directory),
      cpuMs: Number.NaN,
      count: 1,
    });
    const { node, help, status } = await interleaved(
      {
        node: started(['-e', '0']),
        help: started([CLI, '--help']),
        status: started([CLI, 'status']),
      },
      rounds * ROUNDS_A_ROUND,
    );
    return [
      row('start: --help, beyond node -e 0', help.durationMs - node.durationMs, 150),
      row('start: status of a staged ledger', status.durationMs, 300),
    ];
  },
};

function row(what: string, figure: number, atMost: number): Row {
  return {
    what,
    floor: 'node -e 0',
    measured: `${Math.round(figure)} ms`,
    figure,
    unit: 'ms',
    goal: { atMost },
  };
}
