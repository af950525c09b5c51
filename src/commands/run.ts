import { defineCommand } from './command.ts';
import { credentialsOf } from './compose.ts';
import { execute } from './execute-run.ts';
import { callbackFlags, deliveryFlags, readingFlags, withCallbackUrl } from './run-flags.ts';
import { loadSetting } from './setting.ts';

export const run = defineCommand({
  flags: { ...deliveryFlags, ...readingFlags, ...callbackFlags },
  watchesSignal: true,

  async run(flags, context) {
    const setting = await loadSetting(withCallbackUrl(flags), context);
    const credentials = await credentialsOf(setting, context);
    return execute(
      { command: 'run', setting, credentials, reading: { reread: flags.reread } },
      flags,
      context,
    );
  },
});
