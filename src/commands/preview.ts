import { EXIT } from '../exit-codes.ts';
import { createOccurrenceCounter } from '../ledger/occurrence-counter.ts';
import { type Becomes, previewRecords, type Sight } from '../pipeline/preview.ts';
import { type Paint, paintFor } from '../reporting/paint.ts';
import { positionText } from '../reporting/position-text.ts';
import { renderTable } from '../reporting/table.ts';
import { terminalLine, terminalText } from '../reporting/terminal-text.ts';
import { defineCommand } from './command.ts';
import { intakeOf, NO_CREDENTIALS, withDestination } from './compose.ts';
import { wholeNumber } from './flags.ts';
import { exitCodeOfSignal } from './interruption.ts';
import { writeResult } from './output.ts';
import { loadSetting } from './setting.ts';
import { watchRun } from './watch-run.ts';

const DEFAULT_COUNT = 5;

/** Records beside the requests that they become: the one command that shows people's words, because it is asked to. */
export const preview = defineCommand({
  flags: {
    number: wholeNumber({ alias: 'n', describe: `How many records (default: ${DEFAULT_COUNT})` }),
  },
  watchesSignal: true,

  async run(flags, context) {
    const setting = await loadSetting(flags, context);
    const { source, mapping } = await intakeOf(setting, flags, context);
    const { observer } = watchRun({ ...flags, progress: false }, context);
    const wanted = flags.number ?? DEFAULT_COUNT;
    const sights: Sight[] = [];
    let isDamaged = false;
    await withDestination(setting, NO_CREDENTIALS, async (destination) => {
      const occurrences = createOccurrenceCounter();
      const onDamage: typeof observer.onDamage = (damage) => {
        isDamaged = true;
        observer.onDamage?.(damage);
      };
      try {
        for await (const sight of previewRecords({
          ...{ source, mapping, occurrences, destination },
          ...{ signal: context.signal, observer: { ...observer, onDamage } },
        })) {
          sights.push(sight);
          if (sights.length >= wanted) break;
        }
      } finally {
        occurrences.close();
      }
    });
    const paint = paintFor(context.stdout);
    writeResult(context.stdout, flags, { preview: sights.map(documentOf) }, () =>
      sights.length === 0 ? 'There are no records.' : sights.map((sight) => textOf(sight, paint)).join('\n'),
    );
    if (context.signal.aborted) return exitCodeOfSignal(context.signal);
    return isDamaged ? EXIT.incomplete : EXIT.done;
  },
});

function documentOf({ record: { fields, position }, becomes }: Sight) {
  const { file, line } = position;
  return {
    file,
    line,
    record: fields,
    becomes: 'request' in becomes ? { request: parsed(becomes) } : becomes,
  };
}

function parsed({ request: { body, ...rest } }: Extract<Becomes, { request: unknown }>) {
  return { ...rest, body: JSON.parse(body.toString('utf8')) as unknown };
}

function textOf({ record: { fields, position }, becomes }: Sight, paint: Paint): string {
  const cells = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return [paint('bold', positionText(position)), '\n', renderTable(cells), becomesText(becomes, paint)].join(
    '',
  );
}

function becomesText(becomes: Becomes, paint: Paint): string {
  if ('skipped' in becomes) return `${paint('yellow', 'is skipped')}: ${terminalLine(becomes.skipped)}\n`;
  if ('rejected' in becomes) {
    const rows = becomes.rejected.map(({ field, code, message, fix }) => [field, code, message, fix]);
    return `${paint('red', 'is rejected')}\n${renderTable(rows, { head: ['field', 'code', 'why', 'fix'], paint })}`;
  }
  const { method, url, body } = parsed(becomes);
  const json = terminalText(JSON.stringify(body, null, 2)).replaceAll(/^/gm, '  ');
  return `${paint('green', 'becomes')} ${method} ${terminalLine(url)}\n${json}\n`;
}
