/**
 * Message events (message-event reference) as historical messages. docs/message-events.md says of every documented field
 * where it goes, or why it goes nowhere; a test holds that page against this preset.
 */

import type { PresetOptions, TimeRule } from '../../config/mapping-schema.ts';
import type { Config } from '../../config/schema.ts';
import { MESSAGE_TAGS, PURPOSES } from '../../messages/code-lists.ts';
import { messageTagSchema } from '../../messages/historical-message.ts';
import { canonicalJson, canonicalText, createCellReader, isAbsent, textOf } from '../cells.ts';
import type { Advice } from '../mapping.ts';
import type { Fields, Preset } from './preset.ts';

type JsonObject = Record<string, unknown>;

const MESSAGE = 'payload.messageDTO';
const CALL = 'payload.voiceCallDTO';

export const mykaarmaMessageEvents: Preset = {
  revision: 1,
  // No list of the letters is published.
  areCodesAssumed: true,
  codes: {
    messageType: { S: 'OUTGOING', I: 'INCOMING', N: 'NOTE' },
    protocol: { X: 'TEXT', E: 'EMAIL', V: 'VOICE_CALL' },
  },
  rules: (options) => ({
    mapping: mappingIn(options.zone),
    skip: [{ from: 'type', notIn: ['messages', ''], reason: 'an event of another type' }],
    advice: options.attachmentsBaseUrl === undefined ? [NO_ATTACHMENTS_BASE_URL] : [],
    ends: { from: `${MESSAGE}.fromNumber`, to: `${MESSAGE}.toNumber` },
    derive: (fields) => derive(fields, options),
  }),
};

const NO_ATTACHMENTS_BASE_URL: Advice = {
  code: 'NO_ATTACHMENTS_BASE_URL',
  message: 'Message events name attachments without a URL; only their names are kept, in metaData.',
  fix: 'Set presetOptions.attachmentsBaseUrl to where the files can be fetched, if they can.',
};

function mappingIn(zone: string): Config['mapping'] {
  const time: TimeRule = { formats: ['yyyy-MM-dd HH:mm:ss', 'iso'], zone, gap: 'reject', fold: 'reject' };
  const instant = (from: string) => ({ from, time });
  return {
    sourceUuid: `${MESSAGE}.uuid`,
    version: 'timestamp',
    departmentUuid: { firstOf: [`${MESSAGE}.dealerDepartmentUuid`, 'departmentuuid'] },
    customerUuid: `${MESSAGE}.customerUuid`,
    userUuid: `${MESSAGE}.dealerAssociateUuid`,
    communicationUid: `${MESSAGE}.communicationUid`,
    sentOn: instant(`${MESSAGE}.sentOn`),
    receivedOn: instant(`${MESSAGE}.receivedOn`),

    'messageAttributes.type': { from: `${MESSAGE}.messageType`, codes: 'messageType' },
    'messageAttributes.protocol': { from: `${MESSAGE}.protocol`, codes: 'protocol' },
    'messageAttributes.body': `${MESSAGE}.messageExtnDTO.messageBody`,
    'messageAttributes.subject': `${MESSAGE}.messageExtnDTO.subject`,
    'messageAttributes.purpose': {
      from: `${MESSAGE}.messagePurpose`,
      map: identity(PURPOSES),
      otherwise: null,
    },
    'messageAttributes.isManual': `${MESSAGE}.isManual`,
    'messageAttributes.tags': {
      from: `${MESSAGE}.tags`,
      split: ',',
      map: identity(MESSAGE_TAGS),
      otherwise: null,
    },
    'messageAttributes.messageTags': 'derived.messageTags',
    'messageAttributes.attachments': 'derived.attachments',

    // What the event itself has there, then what has no field of its own in the request.
    'messageAttributes.metaData': 'derived.metaData',
    'messageAttributes.metaData.channel': 'derived.channel',
    'messageAttributes.metaData.messageId': `${MESSAGE}.id`,
    'messageAttributes.metaData.fromName': `${MESSAGE}.fromName`,
    'messageAttributes.metaData.fromNumber': `${MESSAGE}.fromNumber`,
    'messageAttributes.metaData.toName': `${MESSAGE}.toName`,
    'messageAttributes.metaData.toNumber': `${MESSAGE}.toNumber`,
    'messageAttributes.metaData.messageSize': `${MESSAGE}.messageSize`,
    'messageAttributes.metaData.emailMessageId': `${MESSAGE}.emailMessageId`,
    'messageAttributes.metaData.deliveryStatus': `${MESSAGE}.deliveryStatus`,
    'messageAttributes.metaData.deliveryFailure': `${MESSAGE}.twilioDeliveryFailureMessage`,
    'messageAttributes.metaData.messagePurpose': 'derived.unlistedPurpose',
    'messageAttributes.metaData.tags': 'derived.unlistedTags',
    'messageAttributes.metaData.messageTags': 'derived.unplacedMessageTags',
    'messageAttributes.metaData.attachmentNames': 'derived.attachmentNames',
    'messageAttributes.metaData.dealerOrderUuid': 'payload.dealerOrderUuid',
    'messageAttributes.metaData.whatsAppMessage': { template: `{${MESSAGE}.whatsAppMessageDTO}` },
    'messageAttributes.metaData.draft': { template: `{${MESSAGE}.draftMessageMetaDataDTO}` },
    'messageAttributes.metaData.callGateway': `${CALL}.voiceGateway`,
    'messageAttributes.metaData.callParty1': `${CALL}.party1`,
    'messageAttributes.metaData.callParty2Delegate': `${CALL}.party2Delegate`,
    'messageAttributes.metaData.callDuration': `${CALL}.duration`,
    'messageAttributes.metaData.childCallIdentifier': `${CALL}.childCallIdentifier`,

    'voiceCallAttributes.callingParty': `${CALL}.callingParty`,
    'voiceCallAttributes.party2': `${CALL}.party2`,
    'voiceCallAttributes.party1Prompt': `${CALL}.party1Prompt`,
    'voiceCallAttributes.party2prompt': `${CALL}.party2Prompt`,
    'voiceCallAttributes.callStatus': `${CALL}.callStatus`,
    'voiceCallAttributes.callIdentifier': `${CALL}.callIdentifier`,
    'voiceCallAttributes.callDateTime': instant(`${CALL}.callDateTime`),
    'voiceCallAttributes.callBroker': `${CALL}.callBroker`,
    'voiceCallAttributes.recordingUrl': `${CALL}.recordingUrl`,
    'voiceCallAttributes.recordCall': `${CALL}.recordCall`,
    'voiceCallAttributes.transcribeCall': `${CALL}.transcribeCall`,
    'voiceCallAttributes.transcribeText': `${CALL}.transcribedText`,
  };
}

function identity(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value) => [value, value]));
}

const readMessage = createCellReader(MESSAGE);

function derive(fields: Fields, { attachmentsBaseUrl }: PresetOptions): JsonObject {
  const message = objectOrEmpty(readMessage(fields));
  const purpose = textOf(message.messagePurpose)?.trim() ?? '';
  return {
    metaData: metaDataOf(message.messageMetaDataDTO),
    channel: isObject(message.whatsAppMessageDTO) ? 'WHATSAPP' : undefined,
    unlistedPurpose: isListed(PURPOSES, purpose) ? undefined : purpose,
    unlistedTags: unlistedTags(message.tags),
    ...messageTagsOf(message.messageTags),
    ...attachmentsOf(message.docFiles, attachmentsBaseUrl),
  };
}

/** The event's own metaData: values of a request are texts, so that others become JSON text. */
function metaDataOf(given: unknown): JsonObject | undefined {
  const { metaData } = objectOrEmpty(given);
  const object = typeof metaData === 'string' ? parsedObject(metaData) : metaData;
  if (isObject(object)) {
    return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, canonicalText(value)]));
  }
  return isAbsent(metaData) ? undefined : { metaData: canonicalText(metaData) };
}

function unlistedTags(tags: unknown): string {
  return canonicalText(tags)
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '' && !isListed(MESSAGE_TAGS, tag))
    .join(',');
}

/**
 * What an event's tags look like is not published. Those that have the form of a request's are sent as such; whatever does
 * not fit is kept as it is.
 */
function messageTagsOf(given: unknown): JsonObject {
  const { tagTypes, tags } = objectOrEmpty(given);
  const all = Array.isArray(tags) ? tags.map(withoutAbsent) : [];
  const placed = all.filter(isRequestTag);
  const isAllPlaced = placed.length === all.length && (!Array.isArray(tagTypes) || tagTypes.length === 0);
  return {
    messageTags: placed.length === 0 ? undefined : placed,
    unplacedMessageTags: isAllPlaced ? undefined : canonicalJson(given),
  };
}

function isRequestTag(tag: unknown): boolean {
  return isObject(tag) && Object.keys(tag).length > 0 && messageTagSchema.safeParse(tag).success;
}

function withoutAbsent(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => !isAbsent(member)));
}

function attachmentsOf(docFiles: unknown, baseUrl: string | undefined): JsonObject {
  const files = (Array.isArray(docFiles) ? docFiles : []).filter(isObject);
  if (baseUrl === undefined) return { attachmentNames: namesOf(files) };
  const urlOf = (name: unknown) => {
    const text = textOf(name);
    return isAbsent(text) ? undefined : `${baseUrl.replace(/\/*$/, '/')}${encodeURIComponent(text)}`;
  };
  const named = files.filter(({ docFileName }) => urlOf(docFileName) !== undefined);
  return {
    attachments: named.map((file) => ({
      fileURL: urlOf(file.docFileName),
      attachmentExtension: file.fileExtension,
      mimeType: file.mimeType,
      originalFileName: file.originalFileName,
      docSize: file.docSize,
      thumbnailURL: urlOf(file.thumbnailFileName),
      mediaPreviewURL: file.mediaPreviewURL,
    })),
    attachmentNames: namesOf(files.filter((file) => !named.includes(file))),
  };
}

function namesOf(files: readonly JsonObject[]): string {
  return files
    .map(({ originalFileName, docFileName }) => textOf(originalFileName) ?? textOf(docFileName))
    .filter((name) => !isAbsent(name))
    .join(', ');
}

function isListed(values: readonly string[], value: string): boolean {
  return values.includes(value);
}

function parsedObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOrEmpty(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
