/** Records beside what a run would make of them. Nothing is kept and nothing is sent. */
import type { HttpDestination, WireRequest } from '../destinations/destination.ts';
import { DamagedInputError, type FieldError } from '../errors.ts';
import type { StagedRecord } from '../ledger/ledger.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { OccurrenceCounter } from '../messages/identity.ts';
import type { Source, SourceRecord } from '../sources/source.ts';
import type { StageObserver } from './stage.ts';
import { toStagedRecords } from './staged-record.ts';

export interface PreviewOptions {
  readonly source: Source;
  readonly mapping: Mapping;
  readonly occurrences: OccurrenceCounter;
  readonly destination: Pick<HttpDestination, 'requestOf'>;
  readonly signal: AbortSignal;
  readonly observer: Pick<StageObserver, 'onAdvice' | 'onDamage'>;
}

export interface Sight {
  readonly record: SourceRecord;
  readonly becomes: Becomes;
}

export type Becomes =
  /** The message alone in a request; a run sends several of one customer together. */
  | { readonly request: WireRequest }
  | { readonly skipped: string }
  | { readonly rejected: readonly FieldError[] };

/** In reading order, from the first record on. A damaged input is told of and left. */
export async function* previewRecords(options: PreviewOptions): AsyncGenerator<Sight> {
  const { source, mapping, occurrences, signal, observer } = options;
  for (const advice of mapping.advice) observer.onAdvice?.(advice);
  for (const input of await source.inputs()) {
    if (signal.aborted) return;
    occurrences.reset();
    const reading = input.read({
      signal,
      onHeader: (header) => {
        for (const advice of mapping.checkHeader(header)) observer.onAdvice?.(advice);
      },
    });
    try {
      for await (const record of reading) {
        for (const staged of toStagedRecords(record, mapping, occurrences)) {
          yield { record, becomes: becomes(staged, options) };
        }
      }
    } catch (error) {
      if (!(error instanceof DamagedInputError)) throw error;
      observer.onDamage?.(error);
    }
  }
}

function becomes(staged: StagedRecord, { destination }: PreviewOptions): Becomes {
  switch (staged.kind) {
    case 'skipped':
      return { skipped: staged.reason };
    case 'rejected':
      return { rejected: staged.errors };
    case 'message': {
      const { departmentUuid, customerUuid, sourceUuid, itemJson } = staged;
      const message = { id: 0, sourceUuid, item: Buffer.from(itemJson, 'utf8'), ambiguous: false };
      return { request: destination.requestOf({ departmentUuid, customerUuid, messages: [message] }) };
    }
  }
}
