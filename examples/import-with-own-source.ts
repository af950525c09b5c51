/**
 * A source of one's own: records come from wherever your program has them, here from a generator, and are imported like
 * those of any export: mapped, validated, sent once, accounted for.
 *
 *     npm run build && node examples/import-with-own-source.ts
 *
 * The API is a simulator inside this process, and the ledger is thrown away. For the real API, give its base URL and
 * your credentials; and keep the ledger: it is what makes the next run send nothing twice.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  configSchema,
  createMykaarmaHistorical,
  loadMapping,
  openLedger,
  runPipeline,
  type Source,
  type SourceRecord,
  startSimulator,
} from 'backhaul';

/** What your program has: rows of a database, pages of an API. One at a time, so that memory stays flat. */
async function* tickets() {
  yield { id: 'T-1', customer: 'c-1', at: '2024-05-02T09:15:00Z', from: 'them', text: 'Is it ready?' };
  yield { id: 'T-2', customer: 'c-1', at: '2024-05-02T09:18:00Z', from: 'us', text: 'At four.' };
  yield { id: 'T-3', customer: 'c-2', at: '2024-05-02T10:02:00Z', from: 'them', text: 'Thank you!' };
  yield { id: 'T-4', customer: 'c-2', at: 'at noon', from: 'us', text: 'Nobody can say when this was.' };
}

const source: Source = {
  inputs: async () => [
    {
      name: 'tickets',
      sizeBytes: null,
      // Whether anything is new can only be told by reading.
      digest: async () => null,
      async *read({ signal } = {}): AsyncGenerator<SourceRecord> {
        let index = 0;
        for await (const fields of tickets()) {
          if (signal?.aborted) return;
          yield { fields, position: { file: 'tickets', line: null, byte: null, index } };
          index += 1;
        }
      },
    },
  ],
};

const simulator = await startSimulator();
const directory = await mkdtemp(join(tmpdir(), 'backhaul-example-'));

// What a configuration file says, but for the source.
const config = configSchema.omit({ source: true }).parse({
  stream: 'tickets',
  mapping: {
    departmentUuid: { value: 'department-1' },
    customerUuid: 'customer',
    userUuid: { value: 'user-1' },
    sourceUuid: 'id',
    sentOn: { from: 'at', time: { formats: ['iso'] } },
    'messageAttributes.body': 'text',
    'messageAttributes.type': { from: 'from', map: { them: 'INCOMING', us: 'OUTGOING' } },
    'messageAttributes.protocol': { value: 'TEXT' },
    'messageAttributes.isManual': { value: true },
  },
  destination: {
    type: 'mykaarma-historical',
    baseUrl: simulator.baseUrl,
    auth: { username: { env: 'MYKAARMA_USERNAME' }, password: { env: 'MYKAARMA_PASSWORD' } },
  },
});
const { stream, delivery } = config;
const { type: destinationType, baseUrl } = config.destination;

const ledger = await openLedger({ path: join(directory, 'ledger.db'), stream, destinationType, baseUrl });
const destination = createMykaarmaHistorical({
  baseUrl,
  username: 'simulator',
  password: 'simulator',
  limits: delivery,
  timeoutMs: delivery.timeoutMs,
  connections: delivery.concurrency,
});

try {
  const intake = { source, mapping: await loadMapping(config) };
  const run = () => runPipeline({ stream, ledger, intake, destination, delivery });

  const { summary: first } = await run();
  console.log('first run: ', first.records.new, 'new,', first.records.rejected, 'rejected,', first.messages);

  const { summary: second } = await run();
  console.log('second run:', second.records.unchanged, 'unchanged,', second.requests.sent, 'requests sent');

  for await (const { recordJson, error } of ledger.export('rejected'))
    console.log('rejected:', recordJson, error);
} finally {
  await destination.close();
  await ledger.close();
  await simulator.close();
  await rm(directory, { recursive: true });
}
