import { join } from 'node:path';
import { REHEARSAL_FAULTS } from '../simulator/faults.ts';
import { parseFaults } from '../simulator/parse-faults.ts';
import { SIMULATOR_DEFAULTS } from '../simulator/simulator.ts';
import { startSimulator } from '../simulator/start-simulator.ts';
import { defineCommand } from './command.ts';
import { execute } from './execute-run.ts';
import { list, wholeNumber } from './flags.ts';
import { deliveryFlags } from './run-flags.ts';
import { loadSetting, type Setting } from './setting.ts';
import { withThrowawayDirectory } from './throwaway-directory.ts';

const { username, password, kaleyraApiKey: apiKey } = SIMULATOR_DEFAULTS;

/** `run` with nothing at stake: the API is a simulator of this process, the ledger is thrown away. */
export const rehearse = defineCommand({
  flags: {
    ...deliveryFlags,
    fault: list({
      describe: 'Misbehave like this instead of the usual mix; as in `simulate`; `none` for none',
    }),
    seed: wholeNumber({ describe: 'Decides all chance (default: 1)' }, 0),
  },

  watchesSignal: true,

  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const simulator = await startSimulator({
      faults: faultsOf(flags.fault),
      seed: flags.seed ?? SIMULATOR_DEFAULTS.seed,
    });
    try {
      return await withThrowawayDirectory((directory) =>
        execute(
          {
            command: 'rehearse',
            setting: rehearsalOf(setting, simulator.baseUrl, join(directory, 'ledger.db')),
            credentials: { username, password, apiKey },
            // Nobody gets what a simulator takes.
            gate: null,
            reading: { reread: false },
          },
          flags,
          context,
        ),
      );
    } finally {
      await simulator.close();
    }
  },
});

function faultsOf(given: readonly string[]) {
  if (given.length === 0) return REHEARSAL_FAULTS;
  return given.filter((text) => text !== 'none').flatMap(parseFaults);
}

function rehearsalOf(setting: Setting, baseUrl: string, ledgerPath: string): Setting {
  const { config } = setting;
  // Of the simulated APIs Kaleyra's alone stands at the root of its host.
  const isAtRoot = config.destination.type === 'kaleyra-whatsapp';
  const destination = { ...config.destination, baseUrl: isAtRoot ? new URL(baseUrl).origin : baseUrl };
  // A simulator's reports must not end up among real ones.
  if ('callbackUrl' in destination) delete destination.callbackUrl;
  return { ...setting, ledgerPath, config: { ...config, destination } };
}
