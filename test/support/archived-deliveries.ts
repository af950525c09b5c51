/** Lines as `listen` archives them, and what a reader makes of them. */
import { configSchema } from '../../src/config/schema.ts';
import { createEvidenceArchive } from '../../src/evidence/archive.ts';
import type { EvidenceArchive, ReadDelivery } from '../../src/evidence/evidence.ts';
import {
  type CallbackShapes,
  createDeliveryReader,
  type DestinationType,
} from '../../src/evidence/read-delivery.ts';
import type { ArchivedDelivery, DeliveryKind } from '../../src/receiver/archived-delivery.ts';

export const RECEIVED_AT = '2025-06-15T16:06:40.000Z';

/** What `evidence.callbacks` is when nobody says otherwise, with some of it said otherwise. */
export function callbackShapes(evidence: unknown = {}): CallbackShapes {
  return configSchema.shape.evidence.parse(evidence).callbacks;
}

export function archiveLine(kind: DeliveryKind, body: unknown, rest: Partial<ArchivedDelivery> = {}): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return JSON.stringify({ receivedAt: RECEIVED_AT, kind, body: text, ...rest });
}

/** An event as it is delivered: `payload` is a JSON string. */
export function eventLine(messageUuid: string, rest: Readonly<Record<string, unknown>> = {}): string {
  const payload = JSON.stringify({ isUpdate: false, messageDTO: { uuid: messageUuid, ...rest } });
  return archiveLine('message-event', { id: 'e', type: 'messages', timestamp: 1, payload });
}

/** The documented shape of a save's answer, for one message. */
export function saveResult(sourceUuid: string, errorCode: string | null = null) {
  const errors = errorCode === null ? [] : [{ errorCode, errorDescription: 'because', errorUID: 'u' }];
  return {
    saveMessageResponse: [{ sourceUuid, messageUuid: `m-${sourceUuid}`, errors, warnings: [] }],
    succesfullySubmittedSourceUuids: errorCode === null ? [sourceUuid] : [],
    failedSourceUuids: errorCode === null ? [] : [sourceUuid],
  };
}

export interface ArchiveWords {
  readonly name?: string;
  readonly shapes?: CallbackShapes;
  /** Of the stream; history unless it is said. */
  readonly destination?: DestinationType;
  /** Bytes of one chunk, as files are read. */
  readonly chunkBytes?: number;
}

export function archiveOf(content: string | Uint8Array, words: ArchiveWords = {}): EvidenceArchive {
  const {
    name = 'a.ndjson',
    shapes = callbackShapes(),
    destination = 'mykaarma-historical',
    chunkBytes = 7,
  } = words;
  const bytes = Buffer.from(content);
  return createEvidenceArchive({
    name,
    readDelivery: createDeliveryReader(shapes, destination),
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  });
}

export async function readAll(archive: EvidenceArchive): Promise<ReadDelivery[]> {
  return Array.fromAsync(archive.read(new AbortController().signal));
}
