/** What mapping knows of historical messages (save-historical-message reference). */
import { z } from 'zod';
import { contractFields } from './contract-tree.ts';
import { fieldErrors } from './field-errors.ts';
import { type HistoricalMessage, unidentifiedMessageSchema } from './historical-message.ts';
import { messageRuleErrors, type RuledItem } from './historical-rules.ts';
import type { Item, MessageContract } from './message-contract.ts';
import { noteDocument } from './note-document.ts';

/** History must never bother a living person: these are false unless the mapping says otherwise. */
const SILENCE: Readonly<Item> = {
  internalSubscribersNotifierPop: false,
  externalSubscribersNotifierPop: false,
  threadOwnerNotifierPop: false,
  sendPhoneNotification: false,
};

const fields = contractFields(unidentifiedMessageSchema);

/** @param options.allowScheduledDrafts lets drafts through that the target may still send */
export function createHistoricalContract({
  allowScheduledDrafts,
}: {
  readonly allowScheduledDrafts: boolean;
}): MessageContract {
  const schema = z.compile(unidentifiedMessageSchema); // every record goes through it
  return {
    fields,
    envelopeKeys: ['departmentUuid', 'customerUuid'],
    requiredKeys: [
      ['departmentUuid'],
      ['customerUuid'],
      ['sourceUuid'],
      ['messageAttributes.type'],
      ['messageAttributes.protocol'],
      ['sentOn', 'receivedOn'],
    ],
    recommendedKeys: [
      {
        key: 'userUuid',
        code: 'NO_USER_UUID',
        message: 'No rule gives userUuid; the API may refuse such messages.',
        fix: 'Map userUuid, e.g. { "value": "<the uuid of the user whose history this is>" }.',
      },
      {
        key: 'messageAttributes.isManual',
        code: 'NO_IS_MANUAL',
        message: 'No rule gives messageAttributes.isManual; the API may refuse such messages.',
        fix: 'Map messageAttributes.isManual, e.g. { "value": true } for what people wrote.',
      },
    ],
    explainedBy: {
      sentOn: ['receivedOn'],
      'messageAttributes.body': ['messageAttributes.protocol', 'messageAttributes.attachments'],
    },
    decisive: { allowScheduledDrafts },
    isTimed: true,

    wrapNote(item) {
      const attributes = item.messageAttributes as Item | undefined;
      if (attributes?.type !== 'NOTE' || typeof attributes.body !== 'string') return;
      attributes.body = noteDocument(attributes.body);
    },

    complete(item) {
      item.messageAttributes ??= {};
      item.notificationAttributes = { ...SILENCE, ...(item.notificationAttributes as Item | undefined) };
      if (item.receivedOn === undefined && item.sentOn !== undefined) item.receivedOn = item.sentOn;
      if (item.sentOn === undefined && item.receivedOn !== undefined) item.sentOn = item.receivedOn;
    },

    check(item, nowMs) {
      const parsed = schema.safeParse(item);
      const broken = messageRuleErrors(item as RuledItem, { nowMs, allowScheduledDrafts });
      if (parsed.success && broken.length === 0) return { kind: 'valid', item: parsed.data };
      const misshapen = parsed.success ? [] : fieldErrors(parsed.error.issues, item, fields);
      return { kind: 'invalid', errors: [...misshapen, ...broken] };
    },

    messagesOf(item, envelope) {
      return [{ recipient: null, envelope, item, sentAtUtcMs: Date.parse(item.sentOn as string) }];
    },
    typeOf: (item) => attributesOf(item).type,
    textOf: (item) => attributesOf(item).body ?? '',
    textField: 'messageAttributes.body',
    allowsRepeatedTexts: true,
    identified: (item, sourceUuid) => ({ sourceUuid, ...item }),
  };
}

function attributesOf(item: Item): HistoricalMessage['messageAttributes'] {
  return item.messageAttributes as HistoricalMessage['messageAttributes'];
}
