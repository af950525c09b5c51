/**
 * The archives that `listen` writes and that the `message-events` source and `verify` read: NDJSON, one line a delivery.
 *
 * Readers must bear with three things: the last line of a file may be torn (it was never answered 2xx), a delivery may
 * stand there twice, and deliveries stand in order of arrival, not of their timestamps.
 */

/**
 * `message-event`: see the message-event reference. `historical-callback`: the asynchronous result of a historical save
 * (`callBackPathUrl`). `text-callback`: the status update of a text sent asynchronously (`callbackURL`). What callbacks
 * hold is not published: their bodies may be anything.
 */
export const DELIVERY_KINDS = ['message-event', 'historical-callback', 'text-callback'] as const;
export type DeliveryKind = (typeof DELIVERY_KINDS)[number];

/** Keys stand in the line in this order. */
export interface ArchivedDelivery {
  /** When it arrived, ISO 8601, UTC. */
  readonly receivedAt: string;
  readonly kind: DeliveryKind;
  /** `id`, `type` and `timestamp` (Unix ms) of a message event's envelope, where it has them; the body has them too. */
  readonly id?: string;
  readonly type?: string;
  readonly timestamp?: number;
  /** What the URL had after its question mark. Callbacks only. */
  readonly query?: string;
  /** The body, exactly as received. Absent when it is not UTF-8. */
  readonly body?: string;
  /** The body where it is not UTF-8. */
  readonly bodyBase64?: string;
}

/** Names sort by day (UTC), then by number: `events-20250401-0001.ndjson`. */
const ARCHIVE_NAME = /^events-(\d{8})-(\d{4})\.ndjson$/;

export interface ArchiveName {
  /** `YYYYMMDD`, UTC. */
  readonly day: string;
  /** From 1 to {@link HIGHEST_ARCHIVE_NUMBER}. */
  readonly number: number;
}

export const HIGHEST_ARCHIVE_NUMBER = 9_999;

export function archiveName({ day, number }: ArchiveName): string {
  return `events-${day}-${String(number).padStart(4, '0')}.ndjson`;
}

/** Null when it is not the name of an archive. */
export function readArchiveName(name: string): ArchiveName | null {
  const [, day, number] = ARCHIVE_NAME.exec(name) ?? [];
  return day === undefined ? null : { day, number: Number(number) };
}

/** Null when the line is not a delivery: torn, or not ours. */
export function readArchivedDelivery(line: string): ArchivedDelivery | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { receivedAt, kind, body, bodyBase64 } = value as Partial<ArchivedDelivery>;
  const isDelivery =
    typeof receivedAt === 'string' &&
    DELIVERY_KINDS.includes(kind as DeliveryKind) &&
    (typeof body === 'string' || typeof bodyBase64 === 'string');
  return isDelivery ? (value as ArchivedDelivery) : null;
}

/** The body's bytes as they arrived. */
export function bodyBytes({ body, bodyBase64 }: ArchivedDelivery): Buffer {
  return body === undefined ? Buffer.from(bodyBase64 ?? '', 'base64') : Buffer.from(body, 'utf8');
}
