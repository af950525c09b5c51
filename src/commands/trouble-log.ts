import type { Clock } from '../clock.ts';
import type { ReceiverTrouble } from '../receiver/request-handler.ts';
import type { Log } from '../reporting/log.ts';

/** Somebody who knocks all day must not fill the log. */
const PAUSE_MS = 60_000;

interface Seen {
  saidAtMs: number;
  /** How often it was met since, in silence. */
  silent: number;
}

/** Logs each reason at most once a minute, and how often it was met. Reasons are ours: nothing of a request is logged. */
export function troubleLog(log: Log, clock: Clock): (trouble: ReceiverTrouble) => void {
  const seenByReason = new Map<string, Seen>();
  return ({ reason, status, cause }) => {
    const nowMs = clock.monotonicMs();
    const seen = seenByReason.get(reason);
    if (seen !== undefined && nowMs - seen.saidAtMs < PAUSE_MS) {
      seen.silent += 1;
      return;
    }
    const fields = {
      reason,
      status,
      times: 1 + (seen?.silent ?? 0),
      ...(cause instanceof Error ? { err: cause } : {}),
    };
    seenByReason.set(reason, { saidAtMs: nowMs, silent: 0 });
    if (reason === 'DEFECT' || reason === 'CANNOT_STORE') log.error(fields, 'deliveries fail');
    else log.warn(fields, 'deliveries are refused');
  };
}
