import { parse, resolve } from 'node:path';
import { LedgerError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { recoverLedger } from '../ledger/rescue/recover.ts';
import { rescueText } from '../reporting/rescue-text.ts';
import { defineCommand } from './command.ts';
import { text } from './flags.ts';
import { asOnlyWriter } from './ledger-access.ts';
import { repeatedFlags } from './next-step-facts.ts';
import { writeResult } from './output.ts';
import { loadSetting, type Setting } from './setting.ts';

export const ledgerRecover = defineCommand({
  flags: {
    output: text({ alias: 'o', describe: 'New ledger to write (default: NAME.recovered.db beside NAME.db)' }),
  },
  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const { ledgerPath } = setting;
    const recovered = flags.output === undefined ? besides(ledgerPath) : resolve(context.cwd, flags.output);
    const rescue = await asOnlyWriterIfPossible(setting, () =>
      recoverLedger({
        path: ledgerPath,
        targetPath: recovered,
        binding: bindingOf(setting),
        nowMs: context.clock.nowMs(),
      }),
    );
    const { config, set } = flags;
    writeResult(context.stdout, flags, { ledger: ledgerPath, recovered, ...rescue }, () =>
      rescueText(rescue, { recovered, flags: repeatedFlags({ ...flags, config, set, ledger: recovered }) }),
    );
    return rescue.complete ? EXIT.done : EXIT.incomplete;
  },
});

/** `backhaul.db` becomes `backhaul.recovered.db`. */
function besides(ledgerPath: string): string {
  const { dir, name, ext } = parse(ledgerPath);
  return resolve(dir, `${name}.recovered${ext}`);
}

export function bindingOf({ config }: Setting) {
  const { stream, destination } = config;
  return { stream, destinationType: destination.type, baseUrl: destination.baseUrl };
}

/** Where no file can be made beside the ledger, nobody can be writing it either. */
async function asOnlyWriterIfPossible<T>(setting: Setting, work: () => Promise<T>): Promise<T> {
  let hasBegun = false;
  const begin = () => {
    hasBegun = true;
    return work();
  };
  try {
    return await asOnlyWriter(setting, begin);
  } catch (error) {
    if (hasBegun || !(error instanceof LedgerError) || error.code !== 'LEDGER_READ_ONLY') throw error;
    return work();
  }
}
