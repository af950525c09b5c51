/**
 * Writes fixtures/: an invented export of a car dealer's conversations, the crosswalks that go with it, and what
 * has to become of every line (fixtures/expected.json). Deterministic: running it again changes nothing.
 *
 *     node scripts/make-fixtures.ts [directory]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Dealership, holdConversations } from './fixtures/conversations.ts';
import {
  breakLines,
  editLines,
  inventEvents,
  markUndelivered,
  type PlannedLine,
  repeatLines,
  repeatWords,
} from './fixtures/defects.ts';
import { expectations } from './fixtures/expectations.ts';
import { csvText } from './fixtures/export-row.ts';
import { legacyJson } from './fixtures/legacy-json.ts';
import { inventAgents, inventCustomers, inventLocations, writePhone } from './fixtures/people.ts';
import { createRandom, type Random } from './fixtures/random.ts';

const DAY_MS = 86_400_000;
const JANUARY = Date.UTC(2025, 0, 1);
const FEBRUARY = Date.UTC(2025, 1, 1);
/** The third file begins a few days before the second ends, as cumulative backups do. */
const OVERLAP = FEBRUARY - 4 * DAY_MS;

const directory = process.argv[2] ?? fileURLToPath(new URL('../fixtures', import.meta.url));
const random = createRandom(20_250_401);
const dealership: Dealership = {
  customers: inventCustomers(random, 300),
  agents: inventAgents(random),
  ...inventLocations(random),
};

const files = planFiles(random, dealership);
mkdirSync(join(directory, 'export'), { recursive: true });
write(
  'export/messages-2024-q4.csv.gz',
  gzip(csvText(linesOf(files.autumn), { lineEnd: '\n', bom: false, finalLineEnd: true })),
);
write(
  'export/messages-2025-01.csv',
  csvText(linesOf(files.january), { lineEnd: '\r\n', bom: false, finalLineEnd: true }),
);
write(
  'export/messages-2025-02.csv',
  csvText(linesOf(files.spring), { lineEnd: '\n', bom: true, finalLineEnd: false }),
);
write('customers.csv', customersCsv(random, dealership));
write(
  'agents.csv',
  `agent,userUuid\n${dealership.agents.map((agent) => `${agent.name},${agent.userUuid}\n`).join('')}`,
);
write('expected.json', json(expectations([...files.autumn, ...files.january, ...files.spring], dealership)));
mkdirSync(join(directory, 'legacy-json'), { recursive: true });
for (const [name, text] of Object.entries(legacyJson(createRandom(7), dealership)))
  write(`legacy-json/${name}`, text);

function planFiles(chance: Random, dealer: Dealership) {
  const talk = holdConversations(chance, dealer, 3_420);
  const delivered = markUndelivered(chance, talk);
  const whole = delivered.filter((line) => line.expectation.kind === 'new');
  const repeatable = whole.flatMap(({ wallMs, line }) =>
    'brokenText' in line || wallMs >= OVERLAP - DAY_MS ? [] : [{ wallMs, row: line }],
  );
  const extra = [
    ...inventEvents(chance, talk, dealer),
    ...repeatWords(chance, repeatable),
    ...breakLines(
      chance,
      talk.filter(({ wallMs }) => wallMs < OVERLAP || wallMs >= FEBRUARY + DAY_MS),
    ),
  ];
  const second = chance.shuffle(repeatable);
  const repeated = repeatLines(chance, second.slice(0, second.length / 2));
  const edited = editLines(chance, second.slice(second.length / 2));

  const everything = inTime([...delivered, ...extra, ...repeated, ...edited]);
  const from = (startMs: number, endMs: number) =>
    everything.filter(({ wallMs }) => wallMs >= startMs && wallMs < endMs);
  const overlap = from(OVERLAP, FEBRUARY).map(again);
  return {
    autumn: from(0, JANUARY),
    january: newestFirst(from(JANUARY, FEBRUARY)),
    spring: [...overlap, ...from(FEBRUARY, Number.POSITIVE_INFINITY)],
  };
}

/** A line that an earlier file has already brought. */
function again(planned: PlannedLine): PlannedLine {
  return planned.expectation.kind === 'new' ? { ...planned, expectation: { kind: 'duplicate' } } : planned;
}

/** Stable, so that a repeated or edited line comes after the one that it repeats. */
function inTime(lines: readonly PlannedLine[]): PlannedLine[] {
  return [...lines].sort((a, b) => a.wallMs - b.wallMs);
}

/** Which of two lines with one Sid comes first in the file changes nothing in the counts. */
function newestFirst(lines: readonly PlannedLine[]): PlannedLine[] {
  return [...lines].reverse();
}

function linesOf(planned: readonly PlannedLine[]) {
  return planned.map(({ line }) => line);
}

function customersCsv(chance: Random, dealer: Dealership): string {
  const rows = dealer.customers.map(
    (customer) =>
      `${writePhone(chance, customer.phone)},${customer.customerUuid},${customer.firstName} ${customer.initial}.`,
  );
  return `phone,customerUuid,name\n${rows.join('\n')}\n`;
}

function write(name: string, content: string | Buffer): void {
  writeFileSync(join(directory, name), content);
}

/** The header's operating-system byte is blanked: it is all that would differ between machines. */
function gzip(text: string): Buffer {
  const zipped = gzipSync(text, { level: 9 });
  zipped[9] = 255;
  return zipped;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
