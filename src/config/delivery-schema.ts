/** `delivery`: pace, patience and parallelism. */
import { z } from 'zod';
import { positiveInt } from './fields.ts';

export const deliverySchema = z.strictObject({
  maxBatchMessages: positiveInt.default(50).describe('Most messages in one request.'),
  maxBatchBytes: positiveInt.default(1_000_000).describe('Most bytes of one HTTP body.'),
  requestsPerSecond: z
    .number()
    .gt(0)
    .max(100_000)
    .default(5)
    .describe('Rate cap: no one-second window starts more.'),
  burst: positiveInt
    .default(1)
    .describe('Requests that may start at once after a pause, within the same cap.'),
  concurrency: positiveInt
    .max(1_000)
    .default(4)
    .describe('Most customers worked on at the same time; fewer while the API struggles.'),
  timeoutMs: positiveInt.default(30_000).describe('Longest wait for one answer.'),
  maxAttempts: positiveInt.default(8).describe('Most attempts at one batch within a run.'),
  retryBaseMs: positiveInt
    .default(250)
    .describe('Back-off before the first retry; doubles, with full jitter.'),
  retryMaxMs: positiveInt.default(30_000).describe('Longest back-off.'),
  maxOutageMs: positiveInt
    .default(900_000)
    .describe('How long the API may be unavailable before the run stops.'),
  resendUnknown: z
    .boolean()
    .optional()
    .describe(
      'Whether messages whose fate is unknown are sent again: yes, unless the destination is a live one, where they never are.',
    ),
  maxFailures: positiveInt.nullable().default(null).describe('Stop once so many messages have newly failed.'),
});
export type DeliveryConfig = z.infer<typeof deliverySchema>;
