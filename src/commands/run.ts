import { defineCommand } from './command.ts';
import { credentialsOf } from './compose.ts';
import { execute } from './execute-run.ts';
import { createLiveGate, liveFlags } from './live-gate.ts';
import { callbackFlags, deliveryFlags, readingFlags, withCallbackUrl } from './run-flags.ts';
import { loadSetting } from './setting.ts';

export const run = defineCommand({
  flags: { ...deliveryFlags, ...readingFlags, ...callbackFlags, ...liveFlags },
  watchesSignal: true,

  async run(flags, context) {
    const setting = await loadSetting(withCallbackUrl(flags), context);
    const gate = await createLiveGate('run', setting, flags, context);
    const credentials = await credentialsOf(setting, context);
    return execute(
      { command: 'run', setting, credentials, gate, reading: { reread: flags.reread } },
      flags,
      context,
    );
  },
});
