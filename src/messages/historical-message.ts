/**
 * The wire contract of one historical message: the items of `saveMessageRequestList` in the save-historical-message
 * reference, every field of it and nothing else. Keys stand in the reference's order, and what the schemas return keeps
 * that order, so that equal content always gives equal bytes.
 */
import { z } from 'zod';
import {
  BUTTON_THEMES,
  DRAFT_FAILURE_REASONS,
  DRAFT_STATUSES,
  MESSAGE_TAGS,
  MESSAGE_TYPES,
  PROTOCOLS,
  PURPOSES,
} from './code-lists.ts';
import { dateTime, flag, free, identifier, json, text } from './field-schemas.ts';

const draftAttributesSchema = z.strictObject({
  draftStatus: z.exactOptional(z.enum(DRAFT_STATUSES)),
  scheduledOn: text(),
  draftFailureReason: z.exactOptional(z.enum(DRAFT_FAILURE_REASONS)),
});

const attachmentSchema = z.strictObject({
  fileURL: text(),
  attachmentExtension: text(),
  mimeType: text(),
  originalFileName: text(),
  docSize: text(),
  thumbnailURL: text(),
  mediaPreviewURL: text(),
});

export const messageTagSchema = z.strictObject({
  tagTypeUuid: z.exactOptional(identifier),
  referenceIdentifier: text(),
  value: free(json()),
  primaryAttribute: z.exactOptional(z.strictObject({ value: text() })),
  secondaryAttributes: z.exactOptional(z.array(z.strictObject({ value: text() }))),
  parentTags: z.exactOptional(
    z.array(z.strictObject({ tagTypeUuid: z.exactOptional(identifier), referenceIdentifier: text() })),
  ),
});

const messageAttributesSchema = z.strictObject({
  body: text(),
  type: z.enum(MESSAGE_TYPES),
  protocol: z.enum(PROTOCOLS),
  purpose: z.exactOptional(z.enum(PURPOSES)),
  isManual: flag(),
  subject: text(),
  metaData: free(z.string()),
  tags: z.exactOptional(z.array(z.enum(MESSAGE_TAGS))),
  draftAttributes: z.exactOptional(draftAttributesSchema),
  attachments: z.exactOptional(z.array(attachmentSchema)),
  defaultReplyAction: text(),
  updateThreadTimestamp: flag(),
  updateTotalMessageCount: flag(),
  showInCustomerConversation: flag(),
  messageTags: z.exactOptional(z.array(messageTagSchema)),
});

const notificationButtonSchema = z.strictObject({
  buttonTextTranslationWidgetKey: text(),
  buttonTextTranslationKey: text(),
  buttonDefaultText: text(),
  buttonTheme: z.exactOptional(z.enum(BUTTON_THEMES)),
  buttonActionEventData: free(z.string()),
  isPrimaryButton: flag(),
});

const notificationAttributesSchema = z.strictObject({
  internalSubscribersNotifierPop: flag(),
  externalSubscribersNotifierPop: flag(),
  threadOwnerNotifierPop: flag(),
  sendPhoneNotification: flag(),
  additionalNotifierNotificationDAUUIDs: z.exactOptional(z.array(identifier)),
  notificationButtons: z.exactOptional(z.array(notificationButtonSchema)),
});

/** `party2prompt` and `transcribeText` are spelled as here, unlike in the message event. */
const voiceCallAttributesSchema = z.strictObject({
  callingParty: text(),
  party2: text(),
  party1Prompt: text(),
  party2prompt: text(),
  callStatus: z.exactOptional(z.int()),
  callIdentifier: text(),
  callDateTime: dateTime(),
  callBroker: text(),
  recordingUrl: text(),
  recordCall: flag(),
  transcribeCall: flag(),
  transcribeText: text(),
});

const itemShape = {
  callBackPathUrl: text(),
  sentOn: dateTime(),
  receivedOn: dateTime(),
  userUuid: z.exactOptional(identifier),
  messageUuid: z.exactOptional(identifier),
  communicationUid: z.exactOptional(identifier),
  messageAttributes: messageAttributesSchema,
  notificationAttributes: z.exactOptional(notificationAttributesSchema),
  voiceCallAttributes: z.exactOptional(voiceCallAttributesSchema),
};

/** One item of `saveMessageRequestList`; `sourceUuid`, `messageAttributes.type` and `.protocol` are required. */
export const historicalMessageSchema = z.strictObject({ sourceUuid: identifier, ...itemShape });
export type HistoricalMessage = z.infer<typeof historicalMessageSchema>;

/** An item whose identity is not known yet: what a mapping validates. */
export const unidentifiedMessageSchema = z.strictObject(itemShape);
