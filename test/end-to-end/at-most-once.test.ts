/**
 * Nobody gets a live message twice, whatever the API, the network and the power do: runs are killed in the middle of
 * sending, connections are reset after the message was taken, gateways lose answers, and run follows upon run.
 *
 * BACKHAUL_SOAK=1 makes hundreds of runs of it; BACKHAUL_SEED chooses other moments and faults.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Summary } from '../../src/pipeline/summary.ts';
import { killWhen } from '../support/killing.ts';
import { textProject, whatsappProject } from '../support/live-project.ts';
import type { Project } from '../support/project.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';

const SEED = Number(process.env.BACKHAUL_SEED ?? 1);
const ROUNDS = process.env.BACKHAUL_SOAK === '1' ? 160 : 12;
const MESSAGES_A_ROUND = 12;
const CUSTOMERS = 7;

/** What may come back although the message was taken, and what comes back although it was not. */
const FAULTS = [
  ...['reset-after', 'hang-after', 'http-500-after', 'http-502-after', 'http-504-after', 'truncated'],
  ...['close-early', 'empty', 'html', 'reset-before', 'http-500', 'http-503', 'http-503-later', 'http-408'],
  ...['http-429', 'http-429-none'],
];
const REFUSALS = { text: 'refuse', whatsapp: 'kaleyra-wa400' };

interface Place extends Project {
  readonly api: keyof typeof REFUSALS;
  readonly random: SeededRandom;
}

/** A round's export: new messages, each with words of its own, in a file of its own. */
function writeExport({ api, write }: Place, round: number): void {
  const lines = Array.from({ length: MESSAGES_A_ROUND }, (_, index) => {
    const number = round * MESSAGES_A_ROUND + index;
    const customer = number % CUSTOMERS;
    const place = api === 'text' ? `dept,cust-${customer}` : `+1310555010${customer}`;
    return `m-${number},${place},Words of m-${number}`;
  });
  const head = api === 'text' ? 'Id,Department,Customer,Body' : 'Id,To,Body';
  write(`export-${String(round).padStart(3, '0')}.csv`, `${[head, ...lines].join('\n')}\n`);
}

function misbehave({ api, simulator, random }: Place): void {
  simulator.setFaults([
    ...random
      .shuffled(FAULTS)
      .slice(0, 4)
      .map((fault) => ({ fault, probability: random.pick([0.05, 0.2]) })),
    { fault: REFUSALS[api], probability: 0.1 },
  ]);
}

async function runAndPerhapsDie(place: Place): Promise<'killed' | 'ended'> {
  const { simulator, random, start } = place;
  const words = random.pick([
    'run --live --yes --new-ledger',
    'run --live --yes --new-ledger',
    'run --live --yes --new-ledger --reread',
    'retry --live --yes',
  ]);
  const dies = random.chance(0.6);
  const dieAt = simulator.stats().requests + random.between(1, MESSAGES_A_ROUND);
  const { exitCode } = await killWhen(start(`${words} --json --no-progress`), () => {
    return dies && simulator.stats().requests >= dieAt;
  });
  assert.ok(exitCode === null || [0, 2, 3, 4].includes(exitCode), String(exitCode));
  return exitCode === null ? 'killed' : 'ended';
}

async function uuidsIn({ backhaul }: Project, state: string): Promise<Set<string>> {
  const { stdout } = await backhaul(`export --state ${state} --format ndjson`);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return new Set(lines.map((line) => (JSON.parse(line) as { _sourceUuid: string })._sourceUuid));
}

async function assertAtMostOnce(place: Place, messages: number): Promise<void> {
  const delivered = [...place.simulator.delivered()];
  assert.equal(place.simulator.stats().deliveredTwice, 0);
  const got = new Set(delivered.map(({ body }) => (body ?? '').replace('Words of ', '')));
  assert.equal(got.size, delivered.length);
  const accepted = await uuidsIn(place, 'accepted');
  const unknown = await uuidsIn(place, 'unknown');
  for (const uuid of accepted) assert.ok(got.has(uuid), `${uuid} is accepted and was not delivered`);
  for (const uuid of got) {
    assert.ok(accepted.has(uuid) || unknown.has(uuid), `${uuid} was delivered and could be sent again`);
  }
  const failed = await uuidsIn(place, 'failed');
  const pending = await uuidsIn(place, 'pending');
  assert.equal(accepted.size + unknown.size + failed.size + pending.size, messages);
}

async function hold(t: TestContext, api: Place['api'], seed: number): Promise<void> {
  const random = seededRandom(seed);
  const simulator = { latencyMs: [0, 15] as const, seed };
  const delivery = { concurrency: 4, timeoutMs: 300, maxOutageMs: 2_000, retryMaxMs: 20 };
  const create = api === 'text' ? textProject : whatsappProject;
  const place: Place = { ...(await create(t, { simulator, delivery })), api, random };
  let killed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    writeExport(place, round);
    misbehave(place);
    if ((await runAndPerhapsDie(place)) === 'killed') killed++;
    if (round % 20 === 19) await assertAtMostOnce(place, await known(place));
  }
  assert.ok(killed >= ROUNDS / 5, `${killed} of ${ROUNDS} runs were killed`);

  place.simulator.setFaults([]);
  const last = await place.backhaul('run --live --yes --new-ledger --json');
  await place.backhaul('retry --live --yes');
  assert.equal(last.json<Summary>().messages.pending, 0);
  await assertAtMostOnce(place, ROUNDS * MESSAGES_A_ROUND);
  assert.ok(place.simulator.stats().delivered > (ROUNDS * MESSAGES_A_ROUND) / 2, 'most get through');
}

/** How many messages have been staged so far. */
async function known({ backhaul }: Project): Promise<number> {
  const { messages } = (await backhaul('status --json')).json<Pick<Summary, 'messages'>>();
  return Object.values(messages).reduce((sum, count) => sum + count, 0);
}

for (const [offset, api] of (['text', 'whatsapp'] as const).entries()) {
  test(`${api}: nobody gets a message twice, over ${ROUNDS} runs with kills and lost answers`, (t) =>
    hold(t, api, SEED * 1_000 + offset));
}
