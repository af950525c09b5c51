/** The answer of the save-historical-message reference, its spelling included. */
import { answerError } from './answers.ts';
import type { ItemEffect } from './faults.ts';
import { messageUuidOf } from './memory.ts';

export interface ItemAnswer {
  sourceUuid: string;
  messageUuid?: string;
  errors?: unknown[];
  warnings?: unknown[];
}

export interface HistoricalAnswer {
  readonly saveMessageResponse: ItemAnswer[];
  readonly succesfullySubmittedSourceUuids: string[];
  readonly failedSourceUuids: string[];
  readonly errors: unknown[];
  readonly warnings: unknown[];
}

export function emptyAnswer(): HistoricalAnswer {
  return {
    saveMessageResponse: [],
    succesfullySubmittedSourceUuids: [],
    failedSourceUuids: [],
    errors: [],
    warnings: [],
  };
}

/** Writes an item's line into the answer: truly, unless a fault has it otherwise. */
export function tell(answer: HistoricalAnswer, sourceUuid: string, does: ItemEffect | null): void {
  if (does === 'omit') return;
  const refused = does === 'refuse' || does === 'contradict' || does === 'contradict-error';
  if (does !== 'refuse') answer.succesfullySubmittedSourceUuids.push(sourceUuid);
  if (does === 'refuse' || does === 'contradict') answer.failedSourceUuids.push(sourceUuid);
  const line: ItemAnswer = { sourceUuid };
  if (!refused || does === 'contradict') line.messageUuid = messageUuidOf(sourceUuid);
  if (does === 'refuse' || does === 'contradict-error') {
    line.errors = [answerError('SIMULATED_REFUSAL', 'this message is refused on purpose', sourceUuid)];
  }
  if (does === 'warn') {
    line.warnings = [{ warningCode: 'SIMULATED_WARNING', warningDescription: 'accepted with a doubt' }];
  }
  answer.saveMessageResponse.push(line);
}

/**
 * The asynchronous result for one item. Its shape is not published: the answer's own is assumed, with one line.
 * @param isStored false: the item was accepted, yet could not be stored.
 * @param attempt of the item: every error has an identifier of its own.
 */
export function callbackOf(
  sourceUuid: string,
  isStored: boolean,
  attempt: number,
): Omit<HistoricalAnswer, 'errors' | 'warnings'> {
  const errors = isStored
    ? []
    : [answerError('SIMULATED_FAILURE', 'this message could not be stored', `${sourceUuid} ${attempt}`)];
  return {
    saveMessageResponse: [{ sourceUuid, messageUuid: messageUuidOf(sourceUuid), errors, warnings: [] }],
    succesfullySubmittedSourceUuids: isStored ? [sourceUuid] : [],
    failedSourceUuids: isStored ? [] : [sourceUuid],
  };
}
