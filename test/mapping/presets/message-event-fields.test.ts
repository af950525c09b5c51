/** Holds docs/message-events.md against the reference's fields, and both against what the preset does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MappingResult } from '../../../src/mapping/mapping.ts';
import { page, section } from '../../docs/pages.ts';
import { eventWith, everyField } from '../../support/message-event.ts';
import { presetMapping, sourceRecord } from '../../support/preset-mapping.ts';

/** Every field that the message-event reference names, in its field list or in its sample. */
const DOCUMENTED = `
  id timestamp dealeruuid departmentuuid type
  payload.dealerOrderUuid payload.isUpdate
  ${fieldsBelow(
    'payload.messageDTO',
    `uuid id messageType protocol fromName fromNumber toName toNumber messageSize sentOn receivedOn tags emailMessageId
    communicationUid messagePurpose deliveryStatus dealerDepartmentUuid twilioDeliveryFailureMessage
    numberofMessageAttachments isManual customerUuid customerName dealerUuid dealerAssociateUuid isRead isArchive
    messageExtnDTO.messageUuid messageExtnDTO.messageBody messageExtnDTO.subject
    messageMetaDataDTO.messageUuid messageMetaDataDTO.metaData
    docFiles.messageUuid docFiles.docFileName docFiles.originalFileName docFiles.fileExtension docFiles.mimeType
    docFiles.docSize docFiles.thumbnailFileName docFiles.mediaPreviewURL
    messageTags.tagTypes messageTags.tags
    whatsAppMessageDTO draftMessageMetaDataDTO messageSnoozeDataDTO messagePredictionDTOSet`,
  )}
  ${fieldsBelow(
    'payload.voiceCallDTO',
    `voiceGateway callingParty party1 party1Prompt party2 party2Prompt callStatus callIdentifier callDateTime recordCall
    recordingUrl transcribeCall transcribedText duration callBroker party2Delegate insertTS updateTS childCallIdentifier`,
  )}`
  .trim()
  .split(/\s+/);

function fieldsBelow(parent: string, names: string): string {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => `${parent}.${name}`)
    .join(' ');
}

interface Row {
  readonly field: string;
  /** Where it goes, first of all; null when it is dropped. */
  readonly target: string | null;
  readonly text: string;
}

const ROWS: readonly Row[] = [
  ...(section(page('docs/message-events.md'), '## Where every field goes') ?? '').matchAll(
    /^\| `([\w.]+)` \| (.*) \|$/gm,
  ),
].map(([, field = '', text = '']) => ({
  field,
  text,
  target: text.startsWith('dropped:') ? null : (/^`([\w.]+)`/.exec(text)?.[1] ?? ''),
}));

test('the page lists every field of the reference once, and no other', () => {
  assert.deepEqual(
    ROWS.map(({ field }) => field),
    DOCUMENTED,
  );
});

test('what is dropped has its reason', () => {
  for (const { field, target, text } of ROWS) {
    if (target === null) assert.match(text, /^dropped: .{5,}/, field);
    else assert.notEqual(target, '', field);
  }
});

/** Another valid value of a field; and what else has to change for it to count. */
const OTHERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  departmentuuid: { departmentuuid: 'another', 'payload.messageDTO.dealerDepartmentUuid': null },
  type: { type: 'customers' },
  'payload.messageDTO.messageType': { 'payload.messageDTO.messageType': 'I' },
  'payload.messageDTO.protocol': { 'payload.messageDTO.protocol': 'E' },
  'payload.messageDTO.tags': { 'payload.messageDTO.tags': null },
  'payload.messageDTO.messagePurpose': { 'payload.messageDTO.messagePurpose': 'RECALL' },
};

function changed(field: string): Readonly<Record<string, unknown>> {
  const others = OTHERS[field];
  if (others !== undefined) return others;
  const value = valueAt(everyField(), field);
  if (typeof value === 'boolean') return { [field]: !value };
  if (typeof value === 'number') return { [field]: value + 1 };
  if (typeof value !== 'string') return { [field]: Array.isArray(value) ? [] : { other: 'thing' } };
  return { [field]: /^\d{4}-\d\d-\d\d /.test(value) ? '2024-02-29 01:02:03' : `other-${value}` };
}

const mapping = presetMapping('mykaarma-message-events', {
  presetOptions: { attachmentsBaseUrl: 'https://files.example.com/media' },
});

function outcomeOf(changes: Readonly<Record<string, unknown>>) {
  const result = mapping.map(sourceRecord(eventWith(changes)));
  return result.kind === 'message' ? { ...requestOf(result), skip: null } : { skip: result.kind };
}

function requestOf({ item, envelope, version, identity }: Extract<MappingResult, { kind: 'message' }>) {
  assert.ok(identity.kind === 'given');
  return { ...item, ...envelope, version, sourceUuid: identity.sourceUuid };
}

for (const { field, target } of ROWS) {
  const what = target === null ? 'changes nothing' : `decides ${target}`;
  test(`${field} ${what}, as the page says`, () => {
    const { [field]: _, ...others } = changed(field);
    const before = outcomeOf(others);
    const after = outcomeOf(changed(field));
    if (target === null) {
      assert.deepEqual(after, before);
      return;
    }
    assert.notDeepEqual(valueAt(after, target), valueAt(before, target));
    const untouched = (outcome: object) => JSON.stringify(without(outcome, target));
    const known = ['type', 'payload.messageDTO.messageTags.tags', 'payload.messageDTO.whatsAppMessageDTO'];
    if (!known.includes(field)) assert.equal(untouched(after), untouched(before), 'and nothing else');
  });
}

test('the bundled event has every field filled', () => {
  for (const field of DOCUMENTED) {
    const value = valueAt(everyField(), field);
    assert.ok(value !== undefined && value !== null && value !== '', field);
  }
});

function valueAt(object: unknown, path: string): unknown {
  let value = object;
  for (const segment of path.split('.')) {
    const holder = Array.isArray(value) && !/^\d/.test(segment) ? value[0] : value;
    value = (holder as Record<string, unknown> | undefined)?.[segment];
  }
  return value;
}

function without(object: object, path: string): object {
  const copy = structuredClone(object) as Record<string, unknown>;
  const segments = path.split('.');
  const last = segments.pop() as string;
  let holder: Record<string, unknown> | undefined = copy;
  for (const segment of segments) holder = holder?.[segment] as Record<string, unknown> | undefined;
  if (holder !== undefined) delete holder[last];
  return copy;
}
