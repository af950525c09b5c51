import { defineCommand } from './command.ts';
import { credentialsOf } from './compose.ts';
import { execute } from './execute-run.ts';
import { deliveryFlags, readingFlags } from './run-flags.ts';
import { loadSetting } from './setting.ts';

export const run = defineCommand({
  flags: { ...deliveryFlags, ...readingFlags },
  watchesSignal: true,

  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const credentials = await credentialsOf(setting, context);
    return execute(
      { command: 'run', setting, credentials, reading: { reread: flags.reread } },
      flags,
      context,
    );
  },
});
