import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExportState } from '../ledger/ledger.ts';
import { exportRows } from '../reporting/export-rows.ts';
import { openOutput } from '../reporting/output-file.ts';
import { terminalJson } from '../reporting/terminal-text.ts';
import { isTabular } from '../sources/formats.ts';
import { defineCommand } from './command.ts';
import { choice, text } from './flags.ts';
import { exitCodeOfSignal } from './interruption.ts';
import { withLedger } from './ledger-access.ts';
import { rememberingExport } from './remembering-export.ts';
import { loadSetting } from './setting.ts';

const STATES = [
  'accepted',
  'failed',
  'unknown',
  'pending',
  'stored',
  'missing',
  'rejected',
  'conflict',
] as const satisfies readonly ExportState[];

export const exportMessages = defineCommand({
  flags: {
    state: choice({ describe: `Which to write: ${STATES.join(', ')}` }, STATES),
    format: choice({ describe: 'csv or ndjson (default: csv for csv sources, else ndjson)' }, [
      'csv',
      'ndjson',
    ]),
    output: text({ alias: 'o', describe: 'File to write, mode 0600 (default: standard output)' }),
  },

  watchesSignal: true,

  async run(flags, context) {
    const { state, output } = flags;
    if (state === undefined) {
      throw new UsageError('export needs --state', { code: 'BAD_FLAG', fix: `One of ${STATES.join(', ')}.` });
    }
    const toFile = output !== undefined && output !== '-';
    if (flags.json && !toFile) {
      throw new UsageError('--json and an export both want standard output', {
        code: 'BAD_FLAG',
        fix: 'Name a file with -o; --json then says how many rows went into it.',
      });
    }
    const setting = await loadSetting(flags, context);
    const format = flags.format ?? (isTabular(setting.config.source.format) ? 'csv' : 'ndjson');
    const target = toFile ? resolve(context.cwd, output) : null;
    let exported: number;
    try {
      exported = await withLedger(setting, 'read-only', (ledger) =>
        rememberingExport(setting.ledgerPath, target, context, () =>
          openOutput(target, context.stdout, (writable) =>
            exportRows(() => whileWanted(ledger.export(state), context.signal), { format, output: writable }),
          ),
        ),
      );
    } catch (error) {
      if (error !== context.signal.reason) throw error;
      return exitCodeOfSignal(context.signal);
    }
    if (flags.json) {
      context.stdout.write(`${terminalJson({ exported, state, format, file: output })}\n`);
    } else if (!flags.quiet) context.stderr.write(`${exported} ${state} written.\n`);
    return EXIT.done;
  },
});

const ROWS_BETWEEN_LOOKS = 1_000;

/** @throws the signal's reason once it is aborted. */
async function* whileWanted<T>(rows: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  let count = 0;
  for await (const row of rows) {
    count += 1;
    // Rows come faster than signals would otherwise be heard of.
    if (count % ROWS_BETWEEN_LOOKS === 0) await setImmediate();
    signal.throwIfAborted();
    yield row;
  }
}
