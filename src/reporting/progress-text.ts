/** What progress looks like: one line of a terminal, or the fields and words of a log line. */
import { formatDurationMs } from '../durations.ts';
import { formatBytes } from './bytes.ts';
import { formatCount } from './counts.ts';
import { fitText, textWidth } from './text-width.ts';

export interface StagingNow {
  readonly phase: 'staging';
  readonly bytes: number;
  /** Null where the size of the inputs is not known. */
  readonly totalBytes: number | null;
  readonly records: number;
  readonly rejected: number;
  readonly perSecond: number;
  readonly leftMs: number | null;
}

export interface DeliveryNow {
  readonly phase: 'delivering';
  readonly messages: number;
  readonly totalMessages: number;
  readonly failed: number;
  readonly unknown: number;
  readonly perSecond: number;
  readonly leftMs: number | null;
}

export type ProgressNow = StagingNow | DeliveryNow;

/** `reading 45 %, 12,000 records, 3 rejected, 20 s left`. */
export function progressWords(now: ProgressNow): string {
  const share = shareDone(now);
  const percent = share === null ? '' : ` ${Math.floor(share * 100)} %`;
  return [
    now.phase === 'staging' ? `reading${percent}` : `delivering${percent}`,
    ...(now.phase === 'staging' ? stagingWords(now) : deliveryWords(now)),
    ...(now.leftMs === null || share === 1 ? [] : [`${formatDurationMs(roundedMs(now.leftMs))} left`]),
  ].join(', ');
}

const BAR_COLUMNS = 24;

/** The same with a bar, cut to the terminal's width. */
export function progressLine(now: ProgressNow, columns: number): string {
  const words = progressWords(now);
  const share = shareDone(now);
  if (share === null || textWidth(words) + BAR_COLUMNS + 3 > columns) return fitText(words, columns);
  const filled = Math.floor(share * BAR_COLUMNS);
  return `[${'='.repeat(filled)}${' '.repeat(BAR_COLUMNS - filled)}] ${words}`;
}

function stagingWords({ bytes, totalBytes, records, rejected }: StagingNow): readonly string[] {
  return [
    totalBytes === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
    `${formatCount(records)} records`,
    ...(rejected > 0 ? [`${formatCount(rejected)} rejected`] : []),
  ];
}

function deliveryWords({
  messages,
  totalMessages,
  perSecond,
  failed,
  unknown,
}: DeliveryNow): readonly string[] {
  return [
    `${formatCount(messages)} of ${formatCount(totalMessages)} messages`,
    `${formatCount(perSecond < 10 ? perSecond : Math.round(perSecond))}/s`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(unknown > 0 ? [`${formatCount(unknown)} unknown`] : []),
  ];
}

function shareDone(now: ProgressNow): number | null {
  const [done, total] =
    now.phase === 'staging' ? [now.bytes, now.totalBytes] : [now.messages, now.totalMessages];
  if (total === null) return null;
  return total <= 0 ? 1 : Math.min(1, done / total);
}

/** Whole seconds: nobody can say more exactly what is left. */
function roundedMs(leftMs: number): number {
  return Math.max(1, Math.round(leftMs / 1_000)) * 1_000;
}
