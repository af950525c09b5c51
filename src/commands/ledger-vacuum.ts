import { EXIT } from '../exit-codes.ts';
import { vacuumLedger } from '../ledger/maintenance.ts';
import { formatBytes } from '../reporting/bytes.ts';
import { defineCommand } from './command.ts';
import { asOnlyWriter } from './ledger-access.ts';
import { writeResult } from './output.ts';
import { loadSetting } from './setting.ts';

export const ledgerVacuum = defineCommand({
  flags: {},
  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const sizes = await asOnlyWriter(setting, () => vacuumLedger(setting.ledgerPath));
    writeResult(
      context.stdout,
      flags,
      { ledger: setting.ledgerPath, ...sizes },
      () => `The ledger shrank from ${formatBytes(sizes.bytesBefore)} to ${formatBytes(sizes.bytesAfter)}.`,
    );
    return EXIT.done;
  },
});
