/** What a person or a log sees while a run goes on. */
import type { RunObserver } from '../pipeline/run.ts';
import { positionText } from '../reporting/position-text.ts';
import { createProgress } from '../reporting/progress.ts';
import type { CommandContext, GlobalFlags } from './command.ts';

export interface RunWatch {
  readonly observer: RunObserver;
  /** Leaves the terminal as it was. May be called twice. */
  end(): void;
}

export function watchRun(flags: GlobalFlags, { stderr, clock, log }: CommandContext): RunWatch {
  const enabled = flags.progress && !flags.quiet;
  const progress = createProgress({ stream: stderr, enabled, log, clock });
  let totalBytes: number | null = null;
  const delivered = { messages: 0, totalMessages: 0, failed: 0, unknown: 0 };
  const observer: RunObserver = {
    onInterrupted(messages) {
      log.warn(
        { code: 'INTERRUPTED', messages },
        'an earlier run ended while these were being sent; their fate is unknown',
      );
    },
    onInputs(inputs) {
      totalBytes = inputs.totalBytes;
      log.debug({ files: inputs.count }, 'inputs found');
    },
    onProgress({ bytes, records, rejected }) {
      progress.staging({ bytes, totalBytes, records, rejected });
    },
    onAdvice({ code, message, fix }) {
      log.warn({ code, fix }, message);
    },
    onDamage(damage) {
      log.error(
        { at: positionText(damage), err: damage },
        'damaged input: the records before the damage count',
      );
    },
    onConflict({ kept, came }) {
      log.warn(
        { code: 'CONFLICT', kept: positionText(kept), came: positionText(came) },
        'the same identity came with other content',
      );
    },
    onPlan({ messages, conversations }) {
      delivered.totalMessages = messages;
      log.debug({ messages, customers: conversations }, 'delivery begins');
      if (messages > 0) progress.delivering(delivered);
    },
    onSettled({ accepted, failed, unknown }) {
      delivered.messages += accepted + failed + unknown;
      delivered.failed += failed;
      delivered.unknown += unknown;
      progress.delivering(delivered);
    },
    onAttempt({ status, result, messages, number, durationMs, strangers }) {
      log.debug({ status, result, messages, number, durationMs: Math.round(durationMs) }, 'request');
      if (strangers > 0) {
        log.warn(
          { code: 'STRANGERS', strangers },
          'the API named messages that were never sent to it; ignored',
        );
      }
    },
    onPause({ reason, delayMs }) {
      log.info({ reason, delayMs: Math.round(delayMs) }, 'everything waits');
    },
    onStop({ reason, detail }) {
      log.error({ code: reason }, detail);
    },
    onPark(departmentUuid) {
      log.warn(
        { code: 'DEPARTMENT_PARKED', departmentUuid },
        'the API does not allow this department; its messages stay pending',
      );
    },
  };
  return { observer, end: () => progress.stop() };
}
