import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import { compileMapping } from './compile.ts';
import { type LoadedLookup, loadLookup } from './lookup.ts';
import { loadMapper } from './mapper.ts';
import type { Mapping } from './mapping.ts';
import type { MappingConfig } from './presets/expand.ts';

/**
 * Reads what the mapping needs beside the configuration, lookup files and the mapper module, and compiles it.
 *
 * @param options.baseDirectory to which paths are relative: the configuration's directory, else the working directory
 * @throws {UsageError} when a file cannot be used, or a rule makes no sense
 */
export async function loadMapping(
  config: MappingConfig & Pick<Config, 'mapper'>,
  {
    baseDirectory = process.cwd(),
    clock = systemClock,
  }: { readonly baseDirectory?: string; readonly clock?: Clock } = {},
): Promise<Mapping> {
  const lookups = new Map<string, LoadedLookup>();
  for (const [name, lookup] of Object.entries(config.lookups)) {
    lookups.set(name, await loadLookup(name, lookup, baseDirectory));
  }
  const mapper = config.mapper === undefined ? null : await loadMapper(config.mapper, baseDirectory);
  return compileMapping({ config, lookups, mapper, clock });
}
