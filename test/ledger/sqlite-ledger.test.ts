import { join } from 'node:path';
import { ledgerContract, recordsContract } from '../contracts/ledger-contract.ts';
import { ledgerPlace } from '../support/sqlite-ledgers.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

ledgerContract('the SQLite ledger', (t) => ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db')));

recordsContract('the SQLite ledger, staging in a thread of its own', (t) => {
  const place = ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db'));
  return { open: (options) => place.open({ ...options, threadAfterTextLength: 0 }) };
});
