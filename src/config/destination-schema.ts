/** `destination`: where messages go, and what has to be allowed for it. */
import { z } from 'zod';
import { httpUrl, nonEmpty } from './fields.ts';
import { secretSchema } from './secret-schema.ts';

const basicAuthSchema = z.strictObject({
  username: secretSchema.describe('Where the user name comes from.'),
  password: secretSchema.describe('Where the password comes from.'),
});

const mykaarmaFields = {
  baseUrl: httpUrl.describe('E.g. `https://api.mykaarma.com/communications`.'),
  auth: basicAuthSchema.describe('HTTP Basic credentials.'),
  callbackUrl: httpUrl
    .optional()
    .describe(
      'Where the API reports what became of each message: as `backhaul listen` prints it. Its token makes it a credential.',
    ),
};

const transportFields = {
  allowInsecure: z.boolean().default(false).describe('Allow plain HTTP to a host other than loopback.'),
  caFile: nonEmpty
    .optional()
    .describe(
      'PEM file of certificate authorities to trust besides those that Node trusts, for the API and for a proxy.',
    ),
};

/** Of destinations whose messages reach people at once. */
const liveFields = {
  live: z
    .boolean()
    .default(false)
    .describe('Allow that people get these messages; `--live` on the command line must say so too.'),
  allowDuplicateTexts: z
    .boolean()
    .default(false)
    .describe('Allow the same text to the same customer twice within one run.'),
};

const kaleyraAuthSchema = z.strictObject({
  apiKey: secretSchema.describe('Where the API key comes from.'),
});

export const destinationSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('mykaarma-historical').describe('The API that messages go to.'),
    ...mykaarmaFields,
    ...transportFields,
    allowScheduledDrafts: z
      .boolean()
      .default(false)
      .describe(
        'Allow drafts that the target may still send: SCHEDULED, QUEUED, or a scheduledOn in the future.',
      ),
  }),
  z.strictObject({
    type: z.literal('mykaarma-text').describe('Texts that people get at once: see docs/live-sends.md.'),
    ...mykaarmaFields,
    ...transportFields,
    ...liveFields,
  }),
  z
    .strictObject({
      type: z
        .literal('kaleyra-whatsapp')
        .describe('WhatsApp texts that people get at once: see docs/live-sends.md.'),
      sid: nonEmpty.describe('The account.'),
      sender: z
        .string()
        .regex(/^\+[1-9]\d{6,14}$/, 'must be a phone number in E.164 form, e.g. `+919876543210`')
        .describe('The WhatsApp number that messages come from, E.164.'),
      pod: z.enum(['in', 'ap', 'eu']).optional().describe('Which of the hosts `api.<pod>.kaleyra.io`.'),
      baseUrl: httpUrl.optional().describe('Instead of `pod`: scheme and host.'),
      auth: kaleyraAuthSchema.describe('The `api-key` header.'),
      ...transportFields,
      ...liveFields,
    })
    .refine(({ pod, baseUrl }) => (pod === undefined) !== (baseUrl === undefined), {
      message: 'needs exactly one of `pod`, `baseUrl`',
    })
    .transform(({ pod, ...destination }) => ({
      ...destination,
      baseUrl: destination.baseUrl ?? `https://api.${pod}.kaleyra.io`,
    })),
]);
export type DestinationConfig = z.infer<typeof destinationSchema>;
