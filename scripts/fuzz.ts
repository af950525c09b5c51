/**
 * Feeds damaged input to everything that reads what others wrote: `npm run fuzz -- --seconds 60`. Ends with 1 when it finds
 * something, and says how to find it again: `npm run fuzz -- --seed 7 --case 4711`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { type Finding, tryCase } from '../test/fuzz/fuzz.ts';
import { fuzzTargets } from '../test/fuzz/targets.ts';

/** A case that is not done by then hangs; slow ones are told before. */
const HANGS_AFTER_MS = 20_000;
const MOST_FINDINGS = 10;

interface Task {
  readonly seed: number;
  readonly only: number | null;
  readonly seconds: number;
  readonly cases: number;
  /** The case under way, for the thread that watches, and how many are done. */
  readonly now: Int32Array;
}

if (isMainThread) await watch();
else await work(workerData as Task);

/** The work is done in a thread of its own: one that hangs could not tell. */
async function watch(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      cases: { type: 'string', default: 'Infinity' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      case: { type: 'string' },
    },
  });
  const seed = Number(values.seed);
  const now = new Int32Array(new SharedArrayBuffer(8));
  const task: Task = {
    ...{ seed, now, seconds: Number(values.seconds), cases: Number(values.cases) },
    only: values.case === undefined ? null : Number(values.case),
  };
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  let findings = 0;
  let last = { number: -1, sinceMs: performance.now() };
  const timer = setInterval(() => {
    const number = Atomics.load(now, 0);
    if (number !== last.number) last = { number, sinceMs: performance.now() };
    else if (performance.now() - last.sinceMs > HANGS_AFTER_MS) {
      tell({ seed, number, target: 'unknown', problem: 'hangs' });
      process.exit(1);
    }
  }, 500);
  worker.on('message', (finding: Finding) => {
    findings += 1;
    tell(finding);
  });
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
  clearInterval(timer);
  process.stdout.write(`seed ${seed}: ${Atomics.load(now, 1)} cases, ${findings} findings\n`);
  process.exitCode = findings === 0 ? 0 : 1;
}

function tell({ seed, number, target, problem }: Finding): void {
  process.stdout.write(`${target}: ${problem}\n  again: npm run fuzz -- --seed ${seed} --case ${number}\n`);
}

async function work({ seed, only, seconds, cases, now }: Task): Promise<void> {
  const { parentPort } = await import('node:worker_threads');
  const directory = mkdtempSync(join(tmpdir(), 'backhaul-fuzz-'));
  const { targets, close } = await fuzzTargets(directory);
  const endMs = performance.now() + seconds * 1_000;
  let findings = 0;
  const attempt = async (number: number) => {
    const finding = await tryCase(seed, number, targets);
    if (finding === null) return;
    findings += 1;
    parentPort?.postMessage(finding);
  };
  try {
    if (only !== null) {
      Atomics.store(now, 0, only);
      await attempt(only);
      Atomics.add(now, 1, 1);
    } else {
      for (
        let number = 0;
        number < cases && performance.now() < endMs && findings < MOST_FINDINGS;
        number += 1
      ) {
        Atomics.store(now, 0, number);
        await attempt(number);
        Atomics.add(now, 1, 1);
      }
    }
  } finally {
    await close();
    rmSync(directory, { recursive: true, force: true });
  }
}
