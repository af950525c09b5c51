/** `evidence`: how callbacks are read, whose shape is not published. */
import { z } from 'zod';
import { nonEmpty } from './fields.ts';

interface CallbackShapeDefaults {
  readonly results: readonly string[];
  readonly sourceUuid: readonly string[];
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  readonly positiveStatuses: readonly string[];
  readonly negativeStatuses: readonly string[];
  readonly messageUuidCounts: boolean;
}

/** What callbacks hold is not published: everything that is assumed of it can be put otherwise. */
function callbackShapeSchema(defaults: CallbackShapeDefaults) {
  const paths = (fallback: readonly string[]) => z.array(z.string()).default([...fallback]);
  return z
    .strictObject({
      results: paths(defaults.results).describe(
        'Dotted paths of the results, each a list or a single one; empty text is the document itself. All are read.',
      ),
      sourceUuid: paths(defaults.sourceUuid).describe(
        'Dotted path of it within a result; the first that is there.',
      ),
      messageUuid: paths(['messageUuid', 'messageUUID']).describe('The same of the API’s own identifier.'),
      status: paths(['status']).describe('The same of what became of the message, in a word.'),
      errors: paths(['errors']).describe('The same of what went wrong: when filled, the message failed.'),
      errorCode: paths(['errorCode']).describe('Dotted path of the code within an error.'),
      errorText: paths(['errorDescription']).describe('The same of the description.'),
      succeeded: paths(defaults.succeeded).describe(
        'Dotted paths of lists of sourceUuids that succeeded. All are read.',
      ),
      failed: paths(defaults.failed).describe('The same of those that failed.'),
      positiveStatuses: z
        .array(nonEmpty)
        .default([...defaults.positiveStatuses])
        .describe('Statuses that speak for a message, in capitals or not.'),
      negativeStatuses: z
        .array(nonEmpty)
        .default([...defaults.negativeStatuses])
        .describe('Statuses that say that it failed. All others say nothing.'),
      messageUuidCounts: z
        .boolean()
        .default(defaults.messageUuidCounts)
        .describe('Whether a messageUuid speaks for a message that has neither a status nor errors.'),
    })
    .prefault({});
}
export type CallbackShape = z.infer<ReturnType<typeof callbackShapeSchema>>;

export const evidenceSchema = z.strictObject({
  callbacks: z
    .strictObject({
      historical: callbackShapeSchema({
        results: ['saveMessageResponse', ''],
        sourceUuid: ['sourceUuid'],
        succeeded: ['succesfullySubmittedSourceUuids', 'successfullySubmittedSourceUuids'],
        failed: ['failedSourceUuids'],
        positiveStatuses: ['SUCCESS', 'SAVED', 'STORED'],
        negativeStatuses: ['FAILED', 'FAILURE', 'ERROR'],
        messageUuidCounts: true,
      }).describe('Of historical saves; by default as the answer to the save is documented.'),
      text: callbackShapeSchema({
        results: [''],
        sourceUuid: ['callbackMetaData.backhaulSourceUuid', 'metaData.backhaulSourceUuid'],
        succeeded: [],
        failed: [],
        positiveStatuses: ['SUCCESS', 'SENT', 'DELIVERED'],
        negativeStatuses: ['FAILED', 'FAILURE', 'ERROR', 'UNDELIVERED'],
        messageUuidCounts: false,
      }).describe('Of texts sent asynchronously; by default as the answer to the send is documented.'),
    })
    .prefault({})
    .describe('Where callbacks say what: their form is not published.'),
});
