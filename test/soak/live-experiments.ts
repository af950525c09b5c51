/** Messages that people get at once: whatever dies, and whatever answer is lost, nobody gets one twice. */
import assert from 'node:assert/strict';
import { stateSql } from '../support/ledger-state.ts';
import { textConfiguration, whatsappConfiguration } from '../support/live-project.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { Experiment } from './experiment.ts';
import { killRepeatedly } from './kill-repeatedly.ts';
import { SENDING, STAGING, STARTING } from './moments.ts';
import { createPlace, type Place, readLedger } from './place.ts';

const CUSTOMERS = 7;

/** What may come back although the message was taken, and what comes back although it was not. */
const FAULTS = [
  ...['reset-after', 'hang-after', 'http-500-after', 'http-502-after', 'http-504-after', 'truncated'],
  ...['close-early', 'empty', 'html', 'reset-before', 'http-500', 'http-503', 'http-408', 'http-429-none'],
];
/** Each of them takes a second. */
const PAUSES = ['http-503-later', 'http-429'];

/** The second time nothing is queued, and what is left is sent. */
const COMMANDS = [
  'run --live --yes --new-ledger',
  'run --live --yes --new-ledger',
  'run --live --yes --new-ledger --reread',
  'retry --live --yes',
];

const DELIVERY = { concurrency: 4, timeoutMs: 300, maxOutageMs: 2_000, retryMaxMs: 20 };

interface LiveApi {
  readonly name: 'text' | 'whatsapp';
  readonly configure: (baseUrl: string) => object;
  readonly refusal: string;
  readonly head: string;
  /** The cell or cells that name the recipient. */
  readonly recipient: (customer: number) => string;
}

const APIS: readonly LiveApi[] = [
  {
    ...{ name: 'text', refusal: 'refuse', head: 'Id,Department,Customer,Body' },
    configure: (baseUrl) => textConfiguration(baseUrl, { delivery: DELIVERY }),
    recipient: (customer) => `dept,cust-${customer}`,
  },
  {
    ...{ name: 'whatsapp', refusal: 'kaleyra-wa400', head: 'Id,To,Body' },
    configure: (baseUrl) => whatsappConfiguration(baseUrl, { delivery: DELIVERY }),
    recipient: (customer) => `+1310555010${customer}`,
  },
];

export const liveExperiments: readonly Experiment[] = APIS.map((live) => ({
  name: live.name,
  kills: 16,
  async run(scope, order) {
    const place = await createPlace(scope, order, live.configure);
    const { random, api, tally } = place;
    const planted = new Set<string>();
    let files = 0;
    await killRepeatedly(
      place,
      order.kills,
      [STARTING, ...STAGING, ...SENDING, ...SENDING],
      async (moment) => {
        files += 1;
        place.write(
          `export-${String(files).padStart(4, '0')}.csv`,
          csv(live, random.between(8, 30), planted),
        );
        await api.setFaults(someFaults(live, random));
        const { killed } = await place.killAt(moment, `${random.pick(COMMANDS)} --json --no-progress`);
        await assertAtMostOnce(place);
        return killed;
      },
    );
    await api.setFaults('');
    await place.backhaul('run --live --yes --new-ledger --json');
    await place.backhaul('retry --live --yes --json');
    const { delivered, deliveredTwice } = await api.stats();
    tally.messages += planted.size;
    tally.live += delivered;
    tally.liveTwice += deliveredTwice;
    await assertAtMostOnce(place);
    await assertAllAccountedFor(place, planted);
  },
}));

function csv({ head, recipient }: LiveApi, records: number, planted: Set<string>): string {
  const lines = Array.from({ length: records }, () => {
    const number = planted.size + 1;
    planted.add(`m-${number}`);
    return `m-${number},${recipient(number % CUSTOMERS)},${wordsOf(`m-${number}`)}`;
  });
  return `${[head, ...lines].join('\n')}\n`;
}

/** Each message has its own, so that they tell what was delivered. */
function wordsOf(id: string): string {
  return `Words of ${id}`;
}

function someFaults({ refusal }: LiveApi, random: SeededRandom): string {
  const some = random.shuffled(FAULTS).slice(0, 4);
  const faults = some.map((fault) => `${fault}:${random.pick([0.05, 0.2])}`);
  return [...faults, `${random.pick(PAUSES)}:0.02`, `${refusal}:0.1`].join(',');
}

/** Holds at any time. */
async function assertAtMostOnce({ api, ledger, tally }: Place): Promise<void> {
  const delivered = await Array.fromAsync(api.delivered());
  const got = new Set(delivered.map(({ body }) => body ?? ''));
  assert.equal(got.size, delivered.length, 'the same words were delivered twice');
  for (const { deliveries } of delivered) assert.equal(deliveries, 1, 'nobody gets a message twice');
  const states = readLedger(ledger, (db) =>
    db
      .prepare<[], { id: string; state: number }>(
        `SELECT source_uuid AS id, ${stateSql(db)} AS state FROM message`,
      )
      .all()
      .map(({ id, state }) => [wordsOf(id), state] as const),
  );
  const known = new Map(states);
  for (const [words, state] of known) {
    if (!ACCEPTED.includes(state) || got.has(words)) continue;
    tally.lost += 1;
    assert.fail(`accepted and not delivered: ${words}`);
  }
  for (const words of got) {
    const state = known.get(words) ?? -1;
    assert.ok(
      ACCEPTED.includes(state) || UNKNOWN.includes(state),
      `delivered, and could be sent again: ${words}`,
    );
  }
}

/** By the ledger's codes: accepted and what evidence makes of it; sending and unknown. */
const ACCEPTED = [2, 5, 6];
const UNKNOWN = [1, 4];

/** Once faults have ceased nothing waits, and every message is in one of the program's exports. */
async function assertAllAccountedFor(place: Place, planted: ReadonlySet<string>): Promise<void> {
  const found: string[] = [];
  for (const state of ['accepted', 'unknown', 'failed', 'pending']) {
    const { stdout } = await place.backhaul(`export --state ${state} --format ndjson`);
    const lines = stdout.split('\n').filter((line) => line !== '');
    assert.ok(state !== 'pending' || lines.length === 0, 'nothing waits');
    found.push(...lines.map((line) => (JSON.parse(line) as { _sourceUuid: string })._sourceUuid));
  }
  assert.equal(found.length, planted.size, 'each in one of them');
  assert.deepEqual(new Set(found), planted);
}
