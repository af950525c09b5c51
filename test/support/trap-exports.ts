import { seededRandom } from './seeded-random.ts';
import { backupsExport } from './trap-backups-export.ts';
import type { TrapExport } from './trap-export.ts';
import { lettersExport } from './trap-letters-export.ts';
import { textsExport } from './trap-texts-export.ts';
import { ticketsExport } from './trap-tickets-export.ts';

/** Some `records` records in all, in four formats, with every trap among them. The same seed gives the same bytes. */
export function trapExports(seed: number, records: number): readonly TrapExport[] {
  const random = seededRandom(seed);
  return [
    textsExport(random, Math.round(records * 0.45)),
    lettersExport(random, Math.round(records * 0.13)),
    ticketsExport(random, Math.round(records * 0.18)),
    backupsExport(random, Math.round(records * 0.18)),
  ];
}
