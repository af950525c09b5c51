/**
 * The wire contract of one text that is sent now: the request body of the send-text reference, every field of it and
 * nothing else, and `userUuid`, which travels in the path. Keys stand in the reference's order.
 *
 * The reference lists `addFooter` twice; its sample has `sendVCard` in place of the second. E-mails are from the public
 * page of the same call.
 */
import { z } from 'zod';
import { MESSAGE_TYPES } from './code-lists.ts';
import { flag, free, identifier, text } from './field-schemas.ts';

/** Protocols of messages that can be sent. */
const SENDABLE_PROTOCOLS = ['TEXT', 'EMAIL'] as const;

export const textMessageSchema = z.strictObject({
  userUuid: identifier,
  messageAttributes: z.strictObject({
    body: z.string(),
    isManual: z.boolean(),
    protocol: z.enum(SENDABLE_PROTOCOLS),
    // All types of history, so that a rule can refuse them in words.
    type: z.enum(MESSAGE_TYPES),
  }),
  messageSendingAttributes: z.exactOptional(
    z.strictObject({
      communicationValueOfCustomer: text(),
      sendSynchronously: flag(),
      callbackURL: text(),
      callbackMetaData: free(z.string()),
      addTCPAFooter: flag(),
      addSignature: flag(),
      addFooter: flag(),
      sendVCard: flag(),
    }),
  ),
});
export type TextMessage = z.infer<typeof textMessageSchema>;
