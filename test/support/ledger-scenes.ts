/** Steps that most tests of a ledger take: stage these records, deliver all that is due and settle it so. */
import type {
  DeliveryOptions,
  InputId,
  Ledger,
  OnConflict,
  OutgoingMessage,
  RunId,
  Settlement,
  StagedRecord,
  StageResult,
} from '../../src/ledger/ledger.ts';

export const NOW_MS = 1_750_000_000_000;

export async function begin(ledger: Ledger): Promise<RunId> {
  return (await ledger.beginRun({ command: 'run', startedAtMs: NOW_MS })).run;
}

export async function read(ledger: Ledger, run: RunId, name = 'export.csv'): Promise<InputId> {
  return ledger.beginInput({ run, name, sizeBytes: null });
}

/** Stages the records as one reading of one input. */
export async function stage(
  ledger: Ledger,
  run: RunId,
  records: readonly StagedRecord[],
  onConflict: OnConflict = 'reject',
): Promise<StageResult> {
  const input = await read(ledger, run, records[0]?.position.file);
  return ledger.stage(input, records, onConflict);
}

export const EVERYTHING: DeliveryOptions = {
  limit: null,
  queuedBy: null,
  resendUnknown: true,
  maxAutomaticResends: 5,
};

/** All that would be handed out, conversation by conversation. */
export async function planned(
  ledger: Ledger,
  options: Partial<DeliveryOptions> = {},
): Promise<{ customerUuid: string; departmentUuid: string; messages: readonly OutgoingMessage[] }[]> {
  const plan = await ledger.planDelivery({ ...EVERYTHING, ...options });
  const conversations = [];
  for (let next = await plan.nextConversation(); next !== null; next = await plan.nextConversation()) {
    const messages: OutgoingMessage[] = [];
    for (;;) {
      const batch = await next.next(3, 1_000_000, 1);
      if (batch.length === 0) break;
      messages.push(...batch);
    }
    const { customerUuid, departmentUuid } = next;
    conversations.push({ customerUuid, departmentUuid, messages });
  }
  plan.close();
  return conversations;
}

export async function plannedIds(ledger: Ledger, options: Partial<DeliveryOptions> = {}): Promise<string[]> {
  return (await planned(ledger, options)).flatMap(({ messages }) =>
    messages.map(({ sourceUuid }) => sourceUuid),
  );
}

export function settlement(
  id: number,
  outcome: Settlement['outcome'],
  said: Partial<Settlement> = {},
): Settlement {
  const code = outcome === 'accepted' ? null : `CODE_${outcome.toUpperCase()}`;
  return { id, outcome, code, error: null, messageUuid: null, warnings: null, ...said };
}

/** Claims everything that is due, one attempt for each conversation. */
export async function claimAll(ledger: Ledger, run: RunId, options: Partial<DeliveryOptions> = {}) {
  const conversations = await planned(ledger, options);
  return Promise.all(
    conversations.map(async ({ messages, ...envelope }) => ({
      messages,
      attempt: await ledger.claim({
        ...envelope,
        run,
        messageIds: messages.map(({ id }) => id),
        number: 1,
        requestBytes: 100,
        startedAtMs: NOW_MS,
      }),
    })),
  );
}

/** Delivers everything that is due; `outcome` says what each message comes to. @returns the sourceUuids sent. */
export async function deliverAll(
  ledger: Ledger,
  run: RunId,
  outcome: Settlement['outcome'] | ((message: OutgoingMessage) => Settlement),
  options: Partial<DeliveryOptions> = {},
): Promise<string[]> {
  const attempts = await claimAll(ledger, run, options);
  await Promise.all(
    attempts.map(({ attempt, messages }) =>
      ledger.settle({
        attempt,
        status: 200,
        result: 'answered',
        endedAtMs: NOW_MS + 1,
        settlements: messages.map((message) =>
          typeof outcome === 'string' ? settlement(message.id, outcome) : outcome(message),
        ),
      }),
    ),
  );
  return attempts.flatMap(({ messages }) => messages.map(({ sourceUuid }) => sourceUuid));
}

export async function rows<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of iterable) all.push(row);
  return all;
}
