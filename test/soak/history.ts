/** Imports of history as the experiments have them: many small batches, and an API that leaves some of them in the dark. */
import { configuration } from '../support/project.ts';
import { type Place, readLedger } from './place.ts';
import { PLANTED_CONFIG } from './planted-export.ts';

export const MAX_BATCH_MESSAGES = 5;

/** With the back-off below, some batches wait to be sent again whenever a process dies. */
export const AMBIGUITY = [
  'reset-after:0.03,reset-before:0.02,http-500-after:0.03,http-504-after:0.01,http-503:0.02',
  'close-early:0.01,http-429-none:0.01,omit:0.002:attempt=1',
].join(',');

const DELIVERY = {
  ...{ maxBatchMessages: MAX_BATCH_MESSAGES, concurrency: 8, requestsPerSecond: 1000 },
  // Long enough that a busy machine is no fault.
  ...{ timeoutMs: 20_000, maxOutageMs: 20_000, retryBaseMs: 50, retryMaxMs: 200 },
};

export const importConfiguration = (baseUrl: string): object =>
  configuration(baseUrl, { config: PLANTED_CONFIG, delivery: DELIVERY });

/** By the ledger's codes: accepted, and what evidence makes of it. */
const DONE = [2, 5, 6];

/**
 * Faults cease; what is left is sent, and what failed or is unknown is sent again.
 *
 * @param first the command that does it, as far as one does
 */
export async function finish({ api, ledger, backhaul }: Place, first = 'run'): Promise<void> {
  await api.setFaults('');
  const sql = `SELECT count(*) FROM message WHERE state NOT IN (${DONE.join()})`;
  for (const words of [first, 'retry --unknown']) {
    await backhaul(`${words} --json --no-progress`);
    if (readLedger(ledger, (db) => db.prepare(sql).pluck().get()) === 0) return;
  }
}
