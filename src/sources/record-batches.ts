/**
 * How records get from readers to whoever iterates a source. Each `yield` of an async generator costs several promises, more
 * than parsing a record of some formats does. So readers hand over a batch per chunk of input, whose records are made
 * one by one as it is drained, and only the outermost iterator makes a promise of each.
 */
import type { SourceRecord } from './source.ts';

/** Each batch is drained before the next one is asked for; what making a record throws is thrown where it was yielded. */
export type RecordBatches = AsyncGenerator<Iterable<SourceRecord>, void>;

export function oneByOne(batches: RecordBatches): AsyncIterableIterator<SourceRecord> {
  let batch: Iterator<SourceRecord> = [].values();

  /** The first record of the next batch that has any. */
  async function firstOf(next: ReturnType<RecordBatches['next']>): Promise<IteratorResult<SourceRecord>> {
    let asked = next;
    for (;;) {
      const given = await asked;
      if (given.done) return { done: true, value: undefined };
      batch = given.value[Symbol.iterator]();
      try {
        const drawn = batch.next();
        if (!drawn.done) return drawn;
        asked = batches.next();
      } catch (error) {
        asked = batches.throw(error);
      }
    }
  }

  return {
    next() {
      try {
        const drawn = batch.next();
        return drawn.done ? firstOf(batches.next()) : Promise.resolve(drawn);
      } catch (error) {
        return firstOf(batches.throw(error));
      }
    },
    async return() {
      await batches.return();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

export function* mapped(
  batch: Iterable<SourceRecord>,
  map: (record: SourceRecord) => SourceRecord,
): Generator<SourceRecord> {
  for (const record of batch) yield map(record);
}
