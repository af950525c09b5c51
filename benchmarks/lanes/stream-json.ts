/** stream-json and nothing else: the elements of one array. */
import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { streamArray } from 'stream-json/streamers/stream-array.js';
import { asLane } from '../harness/as-lane.ts';

await asLane(async ({ file }: { file: string }) => async () => {
  let count = 0;
  const counter = new Writable({
    objectMode: true,
    write(_element, _encoding, done) {
      count += 1;
      done();
    },
  });
  await pipeline(createReadStream(file), streamArray.withParserAsStream(), counter);
  return { count };
});
