/** Exports of which it is known what every record must become, made a file at a time. */
import type { ExpectedMessage } from '../support/oracle.ts';
import { csvOf, MAPPING, type Row } from '../support/project.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

const CUSTOMERS = 37;
const FIRST_SENT_MS = Date.UTC(2023, 4, 1, 8);

/** What all files together hold, once the first of records with one identity is the message; some come again as they were. */
export interface Planted {
  /** By sourceUuid; those that came otherwise than by these files are among them. */
  readonly messages: Map<string, ExpectedMessage>;
  records: number;
  conflicts: number;
  skipped: number;
  rejected: number;
}

/** For the configuration's top level. */
export const PLANTED_CONFIG = {
  mapping: MAPPING,
  skip: [{ from: 'Direction', in: ['draft'], reason: 'a draft' }],
};

export function createPlantedExport(random: SeededRandom) {
  const planted: Planted = {
    ...{ messages: new Map(), records: 0, conflicts: 0, skipped: 0, rejected: 0 },
  };
  const known: Row[] = [];
  let id = 0;

  function fresh(): Row {
    id += 1;
    return {
      Id: `m-${id}`,
      Department: `dept-${id % 2}`,
      Customer: `cust-${random.between(1, CUSTOMERS)}`,
      Sent: new Date(FIRST_SENT_MS + id * 61_007).toISOString(),
      Direction: random.pick(['in', 'out']),
      Body: random.pick([
        'Ok',
        `Message ${id}`,
        `“${id}”, said the car,\nis ready 🚗`,
        'x'.repeat(1 + (id % 700)),
      ]),
    };
  }

  function record(): Row {
    planted.records += 1;
    const chance = random.fraction();
    if (chance < 0.02) {
      planted.rejected += 1;
      return { ...fresh(), Direction: 'sideways' };
    }
    if (chance < 0.04) {
      planted.skipped += 1;
      return { ...fresh(), Direction: 'draft' };
    }
    if (known.length > 0 && chance < 0.07) return random.pick(known);
    if (known.length > 0 && chance < 0.09) {
      planted.conflicts += 1;
      id += 1;
      return { ...random.pick(known), Body: `Something else ${id}` };
    }
    const row = fresh();
    known.push(row);
    planted.messages.set(row.Id, {
      departmentUuid: row.Department ?? '',
      customerUuid: row.Customer ?? '',
      body: row.Body ?? null,
      sentOnMs: Date.parse(row.Sent ?? ''),
    });
    return row;
  }

  return { planted, csv: (records: number) => csvOf(Array.from({ length: records }, record)) };
}
