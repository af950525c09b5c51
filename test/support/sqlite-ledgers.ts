import type { TestContext } from 'node:test';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type OpenLedgerOptions, openLedger } from '../../src/ledger/open-ledger.ts';

export function ledgerOptions(path: string, options: Partial<OpenLedgerOptions> = {}): OpenLedgerOptions {
  return {
    ...{ path, stream: 'test-stream', destinationType: 'mykaarma-historical', baseUrl: 'http://127.0.0.1:1' },
    ...{ keepPayloads: 'until-accepted', mode: 'create' },
    ...options,
  };
}

/** Opens ledgers in one file; all of them are closed when the test ends. */
export function ledgerPlace(t: TestContext, path: string) {
  const opened: Ledger[] = [];
  t.after(() => Promise.all(opened.map((ledger) => ledger.close())));
  return {
    async open(options: Partial<OpenLedgerOptions> = {}): Promise<Ledger> {
      const ledger = await openLedger(ledgerOptions(path, options));
      opened.push(ledger);
      return ledger;
    },
  };
}
