/** What mapping knows of WhatsApp texts (Kaleyra's send-text-messages reference). */
import { z } from 'zod';
import type { FieldError } from '../errors.ts';
import { contractFields } from './contract-tree.ts';
import { fieldErrors, required } from './field-errors.ts';
import type { Item, MessageContract } from './message-contract.ts';
import { readRecipients } from './recipients.ts';
import { type WhatsappMessage, whatsappMessageSchema } from './whatsapp-message.ts';

const fields = contractFields(whatsappMessageSchema);

const TO = 'messaging_object.to';
const BODY = 'messaging_object.text.body';

/**
 * @param options.sender the number that messages come from; with a recipient's number it makes a conversation
 * @param options.allowDuplicateTexts lets the same words go to the same number twice within a run
 */
export function createWhatsappContract({
  sender,
  allowDuplicateTexts,
}: {
  readonly sender: string;
  readonly allowDuplicateTexts: boolean;
}): MessageContract {
  const schema = z.compile(whatsappMessageSchema); // every record goes through it
  return {
    fields,
    envelopeKeys: [],
    requiredKeys: [['sourceUuid'], [TO], [BODY]],
    recommendedKeys: [],
    explainedBy: {},
    decisive: { contract: 'kaleyra-whatsapp', sender, allowDuplicateTexts },
    isTimed: false,

    wrapNote() {},

    complete(item) {
      const given = item.messaging_object as Item | undefined;
      item.messaging_object = {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        type: 'text',
        ...given,
        text: { ...(given?.text as Item | undefined) },
      };
    },

    check(item) {
      const parsed = schema.safeParse(item);
      const { to, text } = item.messaging_object as { readonly to?: unknown; readonly text: Item };
      const read = readRecipients(to, { field: TO, sender });
      const broken: FieldError[] = 'errors' in read ? [...read.errors] : [];
      if (typeof text.body === 'string' && text.body.trim() === '') broken.push(required(BODY));
      if (parsed.success && 'recipients' in read && broken.length === 0) {
        const { messaging_object: message, ...rest } = parsed.data;
        return {
          kind: 'valid',
          item: { messaging_object: { ...message, to: [...read.recipients] }, ...rest },
        };
      }
      const misshapen = parsed.success ? [] : fieldErrors(parsed.error.issues, item, fields);
      return { kind: 'invalid', errors: [...misshapen.filter(({ field }) => field !== TO), ...broken] };
    },

    /** One request for each recipient, so that each has a fate of its own. */
    messagesOf(item) {
      const { messaging_object: message, ...rest } = item as WhatsappMessage;
      const recipients = message.to as readonly string[];
      const { preview_url: preview, body } = message.text;
      // A boolean in the reference's table, a text in its samples.
      const text = preview === undefined ? { body } : { preview_url: String(preview), body };
      return recipients.map((to) => ({
        recipient: recipients.length === 1 ? null : to,
        envelope: { departmentUuid: sender, customerUuid: to },
        item: { messaging_object: { ...message, to, text }, ...rest },
        sentAtUtcMs: 0,
      }));
    },
    typeOf: () => 'text',
    textOf: (item) => (item as WhatsappMessage).messaging_object.text.body,
    textField: BODY,
    allowsRepeatedTexts: allowDuplicateTexts,
    identified: (item) => item,
  };
}
