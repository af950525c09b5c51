import { createHash } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import { canonicalJson } from './cells.ts';
import type { LoadedLookups } from './lookup.ts';
import type { LoadedMapper } from './mapper.ts';

/** Raise it when the same configuration gives other messages than before, so that files are read again. */
const MAPPING_VERSION = 1;

/** Hash (hex) of all that decides what a record becomes. The order of keys in the configuration makes no difference. */
export function mappingFingerprint(
  config: Pick<Config, 'mapping' | 'skip' | 'lookups' | 'destination'>,
  lookups: LoadedLookups,
  mapper: LoadedMapper | null,
): string {
  const contents = Object.entries(config.lookups).map(([name, { key, value, as }]) => [
    name,
    { key, value, as, sha256: lookups.get(name)?.sha256 },
  ]);
  const decisive = {
    version: MAPPING_VERSION,
    mapping: config.mapping,
    skip: config.skip,
    lookups: Object.fromEntries(contents),
    mapper: mapper?.sha256 ?? null,
    allowScheduledDrafts: config.destination.allowScheduledDrafts,
  };
  return createHash('sha256').update(canonicalJson(decisive)).digest('hex');
}
