import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { asLane } from '../harness/as-lane.ts';

await asLane(async ({ file }: { file: string }) => async () => {
  let count = 0;
  for await (const line of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (JSON.parse(line) !== null) count += 1;
  }
  return { count };
});
