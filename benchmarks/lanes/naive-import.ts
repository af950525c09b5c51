/**
 * What a user would write instead: csv-parse, p-limit and fetch. The same batches; nothing durable, nothing retried,
 * everything in memory.
 */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import pLimit from 'p-limit';
import { DEPARTMENT, type MessageRow } from '../data/message-rows.ts';
import { asLane } from '../harness/as-lane.ts';

const MESSAGES_A_BATCH = 50;
const USERS: Readonly<Record<string, string>> = { Priya: 'user-of-priya', Malik: 'user-of-malik' };

interface Options {
  readonly file: string;
  readonly baseUrl: string;
  readonly concurrency: number;
}

await asLane(async ({ file, baseUrl, concurrency }: Options) => async () => {
  const byCustomer = new Map<string, object[]>();
  for await (const row of createReadStream(file).pipe(parse({ columns: true }))) {
    const items = byCustomer.get(row.CustomerPhone) ?? [];
    items.push(itemOf(row));
    byCustomer.set(row.CustomerPhone, items);
  }
  const limit = pLimit(concurrency);
  let count = 0;
  const send = async (customer: string, items: readonly object[]) => {
    const url = `${baseUrl}/department/${DEPARTMENT}/customer/${encodeURIComponent(customer)}/communication/historical`;
    for (let first = 0; first < items.length; first += MESSAGES_A_BATCH) {
      const batch = items.slice(first, first + MESSAGES_A_BATCH);
      const answer = await fetch(url, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: 'Basic YmVuY2htYXJrOmJlbmNobWFyaw==' },
        body: JSON.stringify({ saveMessageRequestList: batch }),
      });
      await answer.json();
      if (answer.ok) count += batch.length;
    }
  };
  await Promise.all([...byCustomer].map(([customer, items]) => limit(() => send(customer, items))));
  return { count };
});

function itemOf(row: MessageRow) {
  const sentOn = new Date(`${row.SentDate.replace(' ', 'T')}Z`).toISOString();
  return {
    sourceUuid: row.Sid,
    sentOn,
    receivedOn: sentOn,
    userUuid: USERS[row.Agent] ?? 'user-of-all',
    messageAttributes: {
      body: row.Body,
      type: row.Direction === 'inbound' ? 'INCOMING' : 'OUTGOING',
      protocol: row.Channel === 'email' ? 'EMAIL' : 'TEXT',
      isManual: row.Direction !== 'outbound-api',
      metaData: { channel: row.Channel },
      ...(row.MediaUrl === '' ? {} : { attachments: [{ fileURL: row.MediaUrl }] }),
    },
    notificationAttributes: {
      internalSubscribersNotifierPop: false,
      externalSubscribersNotifierPop: false,
      threadOwnerNotifierPop: false,
      sendPhoneNotification: false,
    },
  };
}
