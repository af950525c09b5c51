/**
 * The wire contract of one WhatsApp text: the request body of Kaleyra's send-text-messages reference, every field of it
 * and nothing else, in its order. Two fields differ from the wire in what a mapping may give: `to` may be a list, and
 * `preview_url` is true or false.
 */
import { z } from 'zod';
import { json } from './field-schemas.ts';

/** In UTF-16 units, as below: the reference says characters, and this is the stricter reading. */
const MAX_BODY_UNITS = 4_096;
/** What is longer is cut by the API, so it is refused here. */
const MAX_REF_UNITS = 255;

/** `extra_info.wa_source`; the API turns any other value into `api`. */
const WA_SOURCES = [
  'api',
  'clevertap',
  'zoho',
  'webengage',
  'shopify',
  'leadsquared',
  'responsys',
  'braze',
  'hubspot',
  'salesforce',
  'zapier',
  'eloqua',
  'moengage',
] as const;

const ref = () => z.exactOptional(textUpTo(MAX_REF_UNITS));

/** zod's own limit counts code points, of which some are two units. */
function textUpTo(maximum: number) {
  return z.string().superRefine((input, context) => {
    if (input.length <= maximum) return;
    context.addIssue({ code: 'too_big', origin: 'string', maximum, inclusive: true, input });
  });
}

export const whatsappMessageSchema = z.strictObject({
  messaging_object: z.strictObject({
    messaging_product: z.enum(['whatsapp']),
    recipient_type: z.enum(['individual']),
    to: json(),
    type: z.enum(['text']),
    text: z.strictObject({
      preview_url: z.exactOptional(z.boolean()),
      body: textUpTo(MAX_BODY_UNITS),
    }),
  }),
  extra_info: z.exactOptional(
    z.strictObject({ ref: ref(), ref1: ref(), ref2: ref(), wa_source: z.exactOptional(z.enum(WA_SOURCES)) }),
  ),
});
export type WhatsappMessage = z.infer<typeof whatsappMessageSchema>;
