/**
 * Every command by name. Loading one is deferred until it is called, so that `--help` answers at once.
 */
import type { Command } from './command.ts';

export interface CommandEntry {
  /** One line for `--help`. */
  readonly describe: string;
  readonly load: () => Promise<Command>;
}

// biome-ignore lint/suspicious/noExplicitAny: each command knows its own flags; here they are only passed through.
const entry = (describe: string, load: () => Promise<Command<any>>): CommandEntry => ({ describe, load });

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  check: entry(
    'Read, map and validate everything; send nothing',
    async () => (await import('./check.ts')).check,
  ),
  preview: entry(
    'Show records beside the requests they become',
    async () => (await import('./preview.ts')).preview,
  ),
  run: entry(
    'Stage and deliver; picks up whatever an earlier run left',
    async () => (await import('./run.ts')).run,
  ),
  retry: entry(
    'Queue failed messages again and deliver them',
    async () => (await import('./retry.ts')).retry,
  ),
  resolve: entry(
    "Record a person's word on unknown, failed or rejected",
    async () => (await import('./resolve.ts')).resolve,
  ),
  status: entry('Show what the ledger holds', async () => (await import('./status.ts')).status),
  export: entry(
    'Write out messages or rejects in one state',
    async () => (await import('./export.ts')).exportMessages,
  ),
  verify: entry(
    'Hold the ledger against callbacks and message events',
    async () => (await import('./verify.ts')).verify,
  ),
  listen: entry(
    'Receive message events and callbacks, and archive them',
    async () => (await import('./listen.ts')).listen,
  ),
  simulate: entry(
    'Run a local server that speaks the API, with faults on request',
    async () => (await import('./simulate.ts')).simulate,
  ),
  rehearse: entry(
    'Run against a private simulator and a throwaway ledger',
    async () => (await import('./rehearse.ts')).rehearse,
  ),
  schema: entry(
    'Print the JSON Schema of the configuration',
    async () => (await import('./schema.ts')).schema,
  ),
  'ledger check': entry(
    "Verify the ledger's integrity",
    async () => (await import('./ledger-check.ts')).ledgerCheck,
  ),
  'ledger recover': entry(
    'Rescue what a damaged ledger holds into a new file',
    async () => (await import('./ledger-recover.ts')).ledgerRecover,
  ),
  'ledger purge': entry(
    'Erase a customer from ledger, archives and exported files',
    async () => (await import('./ledger-purge.ts')).ledgerPurge,
  ),
  'ledger vacuum': entry(
    'Shrink the ledger file',
    async () => (await import('./ledger-vacuum.ts')).ledgerVacuum,
  ),
};
