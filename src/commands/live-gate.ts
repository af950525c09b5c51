/**
 * What stands between a live destination and people. Messages go out only where the configuration and the command line
 * both say so, from a ledger that remembers what went out before, and once a person has seen what it is.
 */
import { existsSync } from 'node:fs';
import { isLive, type LiveDestination } from '../config/live.ts';
import { UsageError } from '../errors.ts';
import type { DeliveryPlan, Ledger } from '../ledger/ledger.ts';
import { mayHaveLostMessages, RECOVER_COMMAND } from '../ledger/rescue/rescue-run.ts';
import { messageContractOf } from '../messages/contract-of.ts';
import { outlineOf } from '../pipeline/send-outline.ts';
import { plural } from '../reporting/counts.ts';
import { paintFor } from '../reporting/paint.ts';
import { sendOutlineText } from '../reporting/send-outline-text.ts';
import type { CommandContext, GlobalFlags } from './command.ts';
import { askForYes, isAtTerminal } from './confirmation.ts';
import { dryRun } from './dry-run.ts';
import { type FlagValues, onOff } from './flags.ts';
import { withLedger } from './ledger-access.ts';
import type { Setting } from './setting.ts';

/** Flags of every command that may send to people. */
export const liveFlags = {
  live: onOff({ describe: 'Let people get the messages; the configuration must say `"live": true` too' }),
  yes: onOff({ describe: 'Send to people without asking first' }),
  'new-ledger': onOff({ describe: 'Send to people from a ledger that remembers nothing yet' }),
};

export type LiveFlags = FlagValues<typeof liveFlags> & GlobalFlags;

const SHOWN_EXAMPLES = 3;

export interface LiveGate {
  /** To be asked before the ledger is written to. @throws {UsageError} `NEW_LEDGER`, `LEDGER_RESCUED` */
  admit(ledger: Ledger): Promise<void>;
  /** Asks a person about what is about to be sent; true where nobody needs to be asked. */
  approve(plan: DeliveryPlan): Promise<boolean>;
}

/**
 * @returns null for destinations that are not live.
 * @throws {UsageError} `NOT_LIVE`, `NEW_LEDGER`, `NOT_CONFIRMED`; nothing has been written or sent then.
 */
export async function createLiveGate(
  command: 'run' | 'retry',
  setting: Setting,
  flags: LiveFlags,
  context: CommandContext,
): Promise<LiveGate | null> {
  const { config, ledgerPath } = setting;
  const { destination } = config;
  if (!isLive(destination)) return null;
  if (!destination.live || !flags.live) {
    const waiting = await (command === 'run' ? wouldRun : wouldRetry)(setting, flags, context);
    throw notLive(destination, flags, waiting);
  }
  const isAllowedNew = flags['new-ledger'] || command === 'retry';
  if (!isAllowedNew && !existsSync(ledgerPath)) throw newLedger(setting, 'does not exist');
  if (!flags.yes && !isAtTerminal(context)) throw notConfirmed();
  return {
    async admit(ledger) {
      if (isAllowedNew) return;
      const { accepted, failed, unknown, pending } = await ledger.counts();
      if (accepted + failed + unknown + pending === 0) throw newLedger(setting, 'holds no message of it yet');
      if (await mayHaveForgotten(ledger)) throw rescued(setting);
    },
    async approve(plan) {
      if (flags.yes) return true;
      const outline = await outlineOf(plan, messageContractOf(destination), SHOWN_EXAMPLES);
      const paint = paintFor(context.stderr);
      context.stderr.write(sendOutlineText(outline, { destinationType: destination.type, paint }));
      return askForYes('Type yes to send them: ', context);
    },
  };
}

async function wouldRun(setting: Setting, flags: GlobalFlags, context: CommandContext): Promise<string> {
  const { summary } = await dryRun(setting, flags, context);
  const { requests, customers, departments } = summary.plan;
  return `${plural(requests, 'message')} to ${plural(customers, 'customer')} of ${plural(departments, 'department')}`;
}

async function wouldRetry(setting: Setting): Promise<string> {
  const { failed } = await withLedger(setting, 'read-only', (ledger) => ledger.counts());
  return `up to ${plural(failed, 'failed message')}`;
}

function notLive({ type, live }: LiveDestination, flags: LiveFlags, waiting: string): UsageError {
  const lacking = [
    ...(live ? [] : ['destination.live is not true']),
    ...(flags.live ? [] : ['--live is not given']),
  ];
  return new UsageError(
    `${type} sends to people who get it at once: ${waiting} would go out, but ${lacking.join(' and ')}`,
    {
      code: 'NOT_LIVE',
      fix: 'Look at them with `backhaul check` and `backhaul preview`; then set destination.live to true and give --live.',
    },
  );
}

function newLedger({ config, ledgerPath }: Setting, what: string): UsageError {
  return new UsageError(
    `the ledger ${ledgerPath} ${what} (stream ${config.stream}), so that nothing is known of messages that people may have got already`,
    {
      code: 'NEW_LEDGER',
      fix: 'Name the ledger of earlier runs with --ledger; if there were none, say so with --new-ledger.',
    },
  );
}

/** Whether messages were lost by a rescue, and no run has sent anything since: a run needs a person's leave to do that. */
async function mayHaveForgotten(ledger: Ledger): Promise<boolean> {
  for (const { command, summaryJson } of await ledger.runs(Number.MAX_SAFE_INTEGER)) {
    if (command === 'run') return false;
    if (command === RECOVER_COMMAND) return mayHaveLostMessages(summaryJson);
  }
  return false;
}

function rescued({ config, ledgerPath }: Setting): UsageError {
  return new UsageError(
    `the ledger ${ledgerPath} was rescued from a damaged one, and messages of stream ${config.stream} may be lost: people may have got them already, and would get them again`,
    {
      code: 'LEDGER_RESCUED',
      fix: 'Take out of the input what was sent before; then say so with --new-ledger.',
    },
  );
}

function notConfirmed(): UsageError {
  return new UsageError(
    'people would get these messages, and there is no terminal at which to ask for a yes',
    {
      code: 'NOT_CONFIRMED',
      fix: 'Run it at a terminal, or give --yes.',
    },
  );
}
