import { isLive } from '../config/live.ts';
import type { NextStepFacts } from '../reporting/next-steps.ts';
import { isTabular } from '../sources/formats.ts';
import type { GlobalFlags } from './command.ts';
import type { Setting } from './setting.ts';

export function nextStepFacts({ config }: Setting, flags: GlobalFlags): NextStepFacts {
  return {
    resendUnknown: config.delivery.resendUnknown !== false,
    isLive: isLive(config.destination),
    exportFormat: isTabular(config.source.format) ? 'csv' : 'ndjson',
    flags: repeatedFlags(flags),
  };
}

/** The flags that another command needs as well to speak of the same stream and ledger. */
export function repeatedFlags({ config, ledger, set }: GlobalFlags): readonly string[] {
  return [
    ...(config === undefined ? [] : ['-c', config]),
    ...(ledger === undefined ? [] : ['--ledger', ledger]),
    ...set.flatMap((override) => ['--set', override]),
  ];
}
