import { join } from 'node:path';
import { ledgerContract, writingContract } from '../contracts/ledger-contract.ts';
import { ledgerPlace } from '../support/sqlite-ledgers.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

ledgerContract('the SQLite ledger', (t) => ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db')));

writingContract('the SQLite ledger, writing in a thread of its own', (t) => {
  const place = ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db'));
  return { open: (options) => place.open({ ...options, threadAfter: 'at once' }) };
});
