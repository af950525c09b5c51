/**
 * The document of the message-event reference, for a message that the simulator accepted. Fields as in its sample; what a
 * request does not tell is null.
 */
import { hash } from 'node:crypto';
import type { HistoricalItem } from './historical-contract.ts';

export interface EventMessage {
  readonly departmentUuid: string;
  readonly customerUuid: string;
  readonly messageUuid: string;
  readonly item: HistoricalItem;
  /** The customer's number, where the request gave one. */
  readonly toNumber?: string | null;
  /** A later version of a message that an event told of before. */
  readonly isUpdate: boolean;
}

/** The reference's sample has S and X; no list is published, the other letters are assumed. Drafts are not sent: no event. */
const TYPE_LETTERS: Readonly<Record<string, string>> = { OUTGOING: 'S', INCOMING: 'I', NOTE: 'N' };
const PROTOCOL_LETTERS: Readonly<Record<string, string>> = {
  TEXT: 'X',
  EMAIL: 'E',
  VOICE_CALL: 'V',
  NONE: 'N',
};

const DEALER_UUID = opaque('dealer');
const DEPARTMENT_NUMBER = '3105550100';

/** Whether events tell of such a message. */
export function isTold({ item }: EventMessage): boolean {
  return Object.hasOwn(TYPE_LETTERS, item.messageAttributes?.type ?? '');
}

/** @param timestampMs orders the versions of a message. */
export function eventText(message: EventMessage, timestampMs: number): string {
  const { departmentUuid } = message;
  return JSON.stringify({
    id: eventId(message, timestampMs),
    timestamp: timestampMs,
    dealeruuid: DEALER_UUID,
    departmentuuid: departmentUuid,
    type: 'messages',
    payload: JSON.stringify(payloadOf(message)),
  });
}

function payloadOf(message: EventMessage): unknown {
  const { item, isUpdate } = message;
  const call = item.voiceCallAttributes;
  return {
    dealerOrderUuid: null,
    isUpdate,
    messageDTO: messageOf(message),
    ...(item.messageAttributes?.protocol === 'VOICE_CALL' && call ? { voiceCallDTO: callOf(call) } : {}),
  };
}

function messageOf({
  departmentUuid,
  customerUuid,
  messageUuid,
  item,
  toNumber,
  isUpdate,
}: EventMessage): unknown {
  const attributes = item.messageAttributes ?? {};
  const isIncoming = attributes.type === 'INCOMING';
  const customerNumber = toNumber ?? numberOf(customerUuid);
  const docFiles = filesOf(messageUuid, attributes.attachments);
  return {
    uuid: messageUuid,
    id: Number.parseInt(hash('sha256', messageUuid).slice(0, 12), 16),
    messageType: TYPE_LETTERS[attributes.type ?? ''],
    protocol: PROTOCOL_LETTERS[attributes.protocol ?? ''] ?? null,
    fromName: null,
    fromNumber: isIncoming ? customerNumber : DEPARTMENT_NUMBER,
    toName: null,
    toNumber: isIncoming ? DEPARTMENT_NUMBER : customerNumber,
    messageSize: 1,
    sentOn: timeOf(item.sentOn ?? item.receivedOn),
    receivedOn: timeOf(item.receivedOn ?? item.sentOn),
    tags: Array.isArray(attributes.tags) ? attributes.tags.join(',') : null,
    emailMessageId: null,
    communicationUid: item.communicationUid ?? null,
    messagePurpose: attributes.purpose ?? null,
    deliveryStatus: isIncoming ? null : isUpdate ? 'delivered' : 'sent',
    dealerDepartmentUuid: departmentUuid,
    twilioDeliveryFailureMessage: null,
    numberofMessageAttachments: docFiles.length,
    isManual: attributes.isManual ?? null,
    customerUuid,
    customerName: null,
    dealerUuid: DEALER_UUID,
    dealerAssociateUuid: item.userUuid ?? null,
    isRead: isUpdate,
    isArchive: false,
    messageExtnDTO: {
      messageUuid,
      messageBody: attributes.body ?? null,
      subject: attributes.subject ?? null,
    },
    messageMetaDataDTO: { messageUuid, metaData: attributes.metaData ?? {} },
    docFiles,
    messageTags: { tagTypes: [], tags: attributes.messageTags ?? [] },
  };
}

/** Files without their URLs: events do not have them. */
function filesOf(
  messageUuid: string,
  attachments: readonly Readonly<Record<string, string>>[] | undefined,
): unknown[] {
  if (!Array.isArray(attachments)) return [];
  return attachments.map((attachment, index) => {
    const extension = attachment?.attachmentExtension ?? 'bin';
    const name = hash('sha256', `${messageUuid} ${index}`).slice(0, 12);
    return {
      messageUuid,
      docFileName: `att_${name}.${extension}`,
      originalFileName: attachment?.originalFileName ?? null,
      fileExtension: extension,
      mimeType: attachment?.mimeType ?? null,
      docSize: attachment?.docSize ?? null,
      thumbnailFileName: null,
      mediaPreviewURL: null,
    };
  });
}

/** The event spells two fields otherwise than the request does. */
function callOf(call: Readonly<Record<string, unknown>>): unknown {
  const { callingParty = null, party2 = null, callDateTime } = call;
  return {
    voiceGateway: 'T',
    callingParty,
    party1: callingParty,
    party1Prompt: call.party1Prompt ?? null,
    party2,
    party2Prompt: call.party2prompt ?? null,
    callStatus: call.callStatus ?? null,
    callIdentifier: call.callIdentifier ?? null,
    callDateTime: timeOf(callDateTime),
    recordCall: call.recordCall ?? false,
    recordingUrl: call.recordingUrl ?? null,
    transcribeCall: call.transcribeCall ?? false,
    transcribedText: call.transcribeText ?? null,
    duration: null,
    callBroker: call.callBroker ?? null,
    party2Delegate: null,
    insertTS: timeOf(callDateTime),
    updateTS: timeOf(callDateTime),
    childCallIdentifier: null,
  };
}

/** As in the sample: no zone; UTC is meant here. */
function timeOf(dateTime: unknown): string | null {
  const atMs = typeof dateTime === 'string' ? Date.parse(dateTime) : Number.NaN;
  return Number.isNaN(atMs) ? null : new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** An invented number, always the same for the same customer. */
function numberOf(customerUuid: string): string {
  const last = Number.parseInt(hash('sha256', customerUuid).slice(0, 8), 16) % 99;
  return `31055501${String(last + 1).padStart(2, '0')}`;
}

function eventId({ messageUuid, isUpdate }: EventMessage, timestampMs: number): string {
  return hash('sha256', `${messageUuid} ${isUpdate} ${timestampMs}`).replace(
    /^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/,
    '$1-$2-$3-$4-$5',
  );
}

function opaque(about: string): string {
  return hash('sha256', about, 'base64url');
}
