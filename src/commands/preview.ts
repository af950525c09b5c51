import { EXIT } from '../exit-codes.ts';
import type { MappingResult } from '../mapping/mapping.ts';
import { hashedSourceUuid } from '../messages/identity.ts';
import { positionText } from '../reporting/position-text.ts';
import { terminalText } from '../reporting/terminal-text.ts';
import type { SourceRecord } from '../sources/source.ts';
import { type CommandContext, defineCommand } from './command.ts';
import { loadSetting, mappingOf, sourceOf } from './compose.ts';
import { wholeNumber } from './flags.ts';
import { writeResult } from './output.ts';

const DEFAULT_COUNT = 5;

/** A record beside what it becomes. The one place where a person asks to see data, so data is shown. */
interface Sight {
  readonly file: string;
  readonly line: number | null;
  readonly record: unknown;
  readonly becomes: Becomes;
}

type Becomes =
  | { readonly request: { readonly method: 'PUT'; readonly path: string; readonly item: unknown } }
  | { readonly skipped: string }
  | { readonly rejected: unknown };

export const preview = defineCommand({
  flags: {
    number: wholeNumber({ alias: 'n', describe: `How many records (default: ${DEFAULT_COUNT})` }),
  },

  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const source = sourceOf(setting, flags, context);
    const mapping = await mappingOf(setting, context);
    const wanted = flags.number ?? DEFAULT_COUNT;
    const sights: Sight[] = [];
    for (const input of await source.inputs()) {
      if (sights.length >= wanted) break;
      const reading = input.read({
        signal: context.signal,
        onHeader: (header) => tellAdvice(mapping.checkHeader(header), context),
      });
      for await (const record of reading) {
        sights.push(sightOf(record, record.problems ? rejectedBy(record) : mapping.map(record)));
        if (sights.length >= wanted) break;
      }
    }
    writeResult(context.stdout, flags, { preview: sights }, () => sights.map(describe).join('\n'));
    return EXIT.done;
  },
});

function rejectedBy(record: SourceRecord): MappingResult {
  return { kind: 'rejected', errors: record.problems ?? [], identity: null };
}

function sightOf(record: SourceRecord, result: MappingResult): Sight {
  const { file, line } = record.position;
  return { file, line, record: record.fields, becomes: becomes(result) };
}

function becomes(result: MappingResult): Becomes {
  switch (result.kind) {
    case 'skipped':
      return { skipped: result.reason };
    case 'rejected':
      return { rejected: result.errors };
    case 'message': {
      const { identity, envelope, item } = result;
      // The first of its equals; a run numbers the others.
      const sourceUuid =
        identity.kind === 'given' ? identity.sourceUuid : hashedSourceUuid(identity.digest, 0);
      const department = encodeURIComponent(envelope.departmentUuid);
      const customer = encodeURIComponent(envelope.customerUuid);
      const path = `/department/${department}/customer/${customer}/communication/historical`;
      return { request: { method: 'PUT', path, item: { sourceUuid, ...item } } };
    }
  }
}

function describe({ file, line, record, becomes }: Sight): string {
  const [kind, value] = Object.entries(becomes)[0] as [string, unknown];
  return [
    `── ${positionText({ file, line })}`,
    terminalText(JSON.stringify(record, null, 2)),
    `── becomes: ${kind}`,
    terminalText(JSON.stringify(value, null, 2)),
    '',
  ].join('\n');
}

function tellAdvice(
  advice: readonly { code: string; message: string; fix: string }[],
  { log }: CommandContext,
) {
  for (const { code, message, fix } of advice) log.warn({ code, fix }, message);
}
