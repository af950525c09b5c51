import { createHash } from 'node:crypto';
import type { SkipRule } from '../config/mapping-schema.ts';
import type { Config } from '../config/schema.ts';
import type { MessageContract } from '../messages/message-contract.ts';
import { canonicalJson } from './cells.ts';
import type { LoadedLookups } from './lookup.ts';
import type { LoadedMapper } from './mapper.ts';

/** Raise it when the same configuration gives other messages than before, so that files are read again. */
const MAPPING_VERSION = 1;

interface FingerprintParts {
  readonly contract: MessageContract;
  readonly lookups: LoadedLookups;
  readonly mapper: LoadedMapper | null;
  /** Whatever of a preset does not show in the rules. */
  readonly preset: unknown;
}

/** Hash (hex) of all that decides what a record becomes. The order of keys in the configuration makes no difference. */
export function mappingFingerprint(
  config: Pick<Config, 'mapping' | 'lookups'> & { readonly skip: readonly SkipRule[] },
  { contract, lookups, mapper, preset }: FingerprintParts,
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
    preset,
    ...contract.decisive,
  };
  return createHash('sha256').update(canonicalJson(decisive)).digest('hex');
}
