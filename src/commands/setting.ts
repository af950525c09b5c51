import { resolve } from 'node:path';
import { DEFAULT_CONFIG_PATH, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { CommandContext, GlobalFlags } from './command.ts';

/** The configuration with the flags applied, and the paths that follow from both. */
export interface Setting {
  readonly config: Config;
  /** Paths inside the configuration are relative to this directory. */
  readonly directory: string;
  readonly ledgerPath: string;
}

/** @throws {UsageError} when the configuration cannot be read or is not valid. */
export async function loadSetting(flags: GlobalFlags, { cwd }: CommandContext): Promise<Setting> {
  const { config, directory } = await loadConfig({
    path: flags.config ?? DEFAULT_CONFIG_PATH,
    explicit: flags.config !== undefined,
    overrides: flags.set,
    cwd,
  });
  const ledgerPath =
    flags.ledger === undefined ? resolve(directory, config.ledger.path) : resolve(cwd, flags.ledger);
  return { config, directory, ledgerPath };
}
