/** csv-parse and nothing else: rows as arrays, taken from its stream as they come. */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { asLane } from '../harness/as-lane.ts';

await asLane(async ({ file }: { file: string }) => async () => {
  let rows = 0;
  for await (const cells of createReadStream(file).pipe(parse())) {
    if (cells.length > 0) rows += 1;
  }
  return { count: rows - 1 };
});
