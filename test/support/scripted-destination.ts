/** A destination that answers as a test says, and remembers what it was sent. */
import type {
  Batch,
  Destination,
  DestinationLimits,
  MessageOutcome,
  Refusal,
  SendResult,
} from '../../src/destinations/destination.ts';
import { refusalOfFailure, refusalOfStatus } from '../../src/destinations/refusals.ts';

export interface ScriptedDestination extends Destination {
  readonly sent: readonly Batch[];
  /** How often a request began while the same customer had another in flight. */
  readonly customerOverlaps: () => number;
}

export function scriptedDestination(
  script: (batch: Batch, index: number) => SendResult | Promise<SendResult>,
  limits: Partial<DestinationLimits> = {},
): ScriptedDestination {
  const sent: Batch[] = [];
  const customers: string[] = [];
  let overlaps = 0;
  return {
    type: 'scripted',
    baseUrl: 'http://127.0.0.1',
    limits: { maxMessagesPerRequest: 10, maxBytesPerRequest: 1_000_000, resendIsSafe: true, ...limits },
    framing: { requestBytes: 10, perMessageBytes: 1 },
    sent,
    customerOverlaps: () => overlaps,
    async send(batch) {
      if (customers.includes(batch.customerUuid)) overlaps++;
      customers.push(batch.customerUuid);
      try {
        return await script(batch, sent.push(batch) - 1);
      } finally {
        customers.splice(customers.indexOf(batch.customerUuid), 1);
      }
    },
    async close() {},
  };
}

const SILENT = { code: null, error: null, messageUuid: null, warnings: null };

export function outcome(state: MessageOutcome['state'], code: string | null = null): MessageOutcome {
  return { ...SILENT, state, code };
}

export function accept(batch: Batch): SendResult {
  return {
    kind: 'answered',
    status: 200,
    outcomes: batch.messages.map(() => outcome('accepted')),
    strangers: 0,
  };
}

/** As the status table classifies it. */
export function refuse(status: number, retryAfterMs: number | null = null): Refusal {
  return refusalOfStatus(status, retryAfterMs);
}

export const timedOut: Refusal = refusalOfFailure({ code: 'TIMEOUT', bytesLeft: true });
export const connectionRefused: Refusal = refusalOfFailure({ code: 'CONNECTION_REFUSED', bytesLeft: false });
