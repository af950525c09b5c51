import { UsageError } from '../errors.ts';
import type { PresetName } from './mapping-schema.ts';
import type { Config } from './schema.ts';

const FORMAT_OF: Readonly<Record<PresetName, Config['source']['format']>> = {
  'mykaarma-message-events': 'message-events',
  'kaleyra-report': 'kaleyra-report',
  'kaleyra-log': 'kaleyra-log',
};

/**
 * A preset names the fields of one format, and makes historical messages of them.
 *
 * @throws {UsageError} PRESET_MISPLACED
 */
export function assertPresetFits({
  preset,
  source,
  destination,
}: Pick<Config, 'preset' | 'source' | 'destination'>): void {
  if (preset === undefined) return;
  const format = FORMAT_OF[preset];
  if (source.format !== format) {
    throw new UsageError(`The preset ${preset} cannot read source.format ${source.format}.`, {
      code: 'PRESET_MISPLACED',
      fix: `Set source.format to ${format}, or leave preset out and write the rules yourself.`,
    });
  }
  if (destination.type === 'mykaarma-historical') return;
  throw new UsageError(
    `The preset ${preset} makes historical messages, which ${destination.type} does not take.`,
    {
      code: 'PRESET_MISPLACED',
      fix: 'Set destination.type to mykaarma-historical, or leave preset out and write the rules yourself.',
    },
  );
}
