import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { asLane } from '../harness/as-lane.ts';

await asLane(async ({ file }: { file: string }) => async () => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 128 * 1_024 })) hash.update(chunk);
  return { count: hash.digest().length };
});
