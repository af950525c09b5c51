/** The stream's ledger, opened for as long as some work takes; and, for who writes to it, the stream's lock. */
import { keepPayloadsOf } from '../config/keep-payloads.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { acquireStreamLock } from '../ledger/lock.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import type { Setting } from './setting.ts';

/** @throws {UsageError} `LEDGER_MISSING` unless the mode is `create`; `STREAM_BOUND`. */
export async function withLedger<T>(
  { config, ledgerPath }: Setting,
  mode: 'create' | 'existing' | 'read-only',
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const ledger = await openLedger({
    path: ledgerPath,
    stream: config.stream,
    destinationType: config.destination.type,
    baseUrl: config.destination.baseUrl,
    keepPayloads: keepPayloadsOf(config),
    mode,
  });
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

/** Runs `work` as the stream's only writer. @throws {LockedError} naming the owner when there is one already. */
export async function asOnlyWriter<T>({ config, ledgerPath }: Setting, work: () => Promise<T>): Promise<T> {
  const lock = await acquireStreamLock(ledgerPath, config.stream);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
