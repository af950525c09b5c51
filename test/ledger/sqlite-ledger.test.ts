import { join } from 'node:path';
import { ledgerContract } from '../contracts/ledger-contract.ts';
import { ledgerPlace } from '../support/sqlite-ledgers.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

ledgerContract('the SQLite ledger', (t) => ledgerPlace(t, join(temporaryDirectory(t), 'ledger.db')));
