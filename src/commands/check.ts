import { checkText } from '../reporting/check-text.ts';
import { paintFor } from '../reporting/paint.ts';
import { defineCommand } from './command.ts';
import { dryRun } from './dry-run.ts';
import { repeatedFlags } from './next-step-facts.ts';
import { writeResult } from './output.ts';
import { loadSetting } from './setting.ts';

export const check = defineCommand({
  flags: {},
  watchesSignal: true,

  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const { summary, exitCode } = await dryRun(setting, flags, context);
    const paint = paintFor(context.stdout);
    writeResult(context.stdout, flags, summary, () =>
      checkText(summary, { flags: repeatedFlags(flags), paint }),
    );
    return exitCode;
  },
});
