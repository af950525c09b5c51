/** undici's Pool and nothing else: bodies that are bytes already, sent by so many loops at a time. */
import { Pool } from 'undici';
import { DEPARTMENT } from '../data/message-rows.ts';
import { asLane } from '../harness/as-lane.ts';
import { readBatches } from './staged-batches.ts';

interface Options {
  readonly ledger: string;
  readonly baseUrl: string;
  readonly concurrency: number;
}

await asLane(async ({ ledger, baseUrl, concurrency }: Options) => {
  const { origin, pathname } = new URL(baseUrl);
  const requests = readBatches(ledger).map(({ customerUuid, items }) => ({
    path: `${pathname}/department/${DEPARTMENT}/customer/${encodeURIComponent(customerUuid)}/communication/historical`,
    body: Buffer.from(`{"saveMessageRequestList":[${items.join(',')}]}`),
    messages: items.length,
  }));
  const pool = new Pool(origin, { connections: concurrency, pipelining: 1 });
  const headers = { 'content-type': 'application/json', authorization: 'Basic YmVuY2htYXJrOmJlbmNobWFyaw==' };
  return async () => {
    let next = 0;
    let count = 0;
    const work = async () => {
      for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
        const { path, body, messages } = request;
        const answer = await pool.request({ method: 'PUT', path, headers, body });
        await answer.body.text();
        if (answer.statusCode === 200) count += messages;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    await pool.close();
    return { count };
  };
});
