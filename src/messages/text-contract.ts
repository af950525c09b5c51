/** What mapping knows of texts that are sent now (send-text reference). */
import { z } from 'zod';
import { contractFields } from './contract-tree.ts';
import { fieldErrors } from './field-errors.ts';
import type { MessageContract } from './message-contract.ts';
import { type TextMessage, textMessageSchema } from './text-message.ts';
import { type RuledText, textRuleErrors } from './text-rules.ts';

/** Comes back with every status callback, which then names the message that it speaks of. */
export const CALLBACK_KEY = 'backhaulSourceUuid';

const fields = contractFields(textMessageSchema);

/** @param options.allowDuplicateTexts lets the same words go to the same customer twice within a run */
export function createTextContract({
  allowDuplicateTexts,
}: {
  readonly allowDuplicateTexts: boolean;
}): MessageContract {
  const schema = z.compile(textMessageSchema); // every record goes through it
  return {
    fields,
    envelopeKeys: ['departmentUuid', 'customerUuid'],
    requiredKeys: [
      ['departmentUuid'],
      ['customerUuid'],
      ['sourceUuid'],
      ['userUuid'],
      ['messageAttributes.body'],
      ['messageAttributes.isManual'],
      ['messageAttributes.protocol'],
      ['messageAttributes.type'],
    ],
    recommendedKeys: [],
    explainedBy: {},
    decisive: { contract: 'mykaarma-text', allowDuplicateTexts },
    isTimed: false,

    wrapNote() {},

    complete(item) {
      item.messageAttributes ??= {};
    },

    check(item) {
      const parsed = schema.safeParse(item);
      const broken = textRuleErrors(item as RuledText);
      if (parsed.success && broken.length === 0) return { kind: 'valid', item: parsed.data };
      const misshapen = parsed.success ? [] : fieldErrors(parsed.error.issues, item, fields);
      return { kind: 'invalid', errors: [...misshapen, ...broken] };
    },

    messagesOf: (item, envelope) => [{ recipient: null, envelope, item, sentAtUtcMs: 0 }],
    typeOf: (item) => (item as TextMessage).messageAttributes.type,
    textOf: (item) => (item as TextMessage).messageAttributes.body,
    textField: 'messageAttributes.body',
    allowsRepeatedTexts: allowDuplicateTexts,

    identified(item, sourceUuid) {
      const { messageSendingAttributes: sending, ...message } = item as TextMessage;
      if (sending?.callbackURL === undefined) return item;
      const callbackMetaData = { ...sending.callbackMetaData, [CALLBACK_KEY]: sourceUuid };
      return { ...message, messageSendingAttributes: { ...sending, callbackMetaData } };
    },
  };
}
