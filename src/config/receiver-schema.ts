/** `receiver`: what `listen` takes. */
import { z } from 'zod';
import { nonEmpty, positiveInt } from './fields.ts';
import { secretSchema } from './secret-schema.ts';

export const receiverSchema = z.strictObject({
  host: nonEmpty
    .default('127.0.0.1')
    .describe('Address to listen at. Anything but loopback belongs behind something that speaks TLS.'),
  port: z.int().min(0).max(65_535).default(8788).describe('Port to listen at; 0 takes a free one.'),
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'must be a URL that begins with https:// (or http://)' })
    .optional()
    .describe(
      'How senders reach the receiver, e.g. `https://hooks.example.com`; for the URLs that are shown.',
    ),
  archive: nonEmpty
    .default('deliveries')
    .describe('Directory of the archives; created with mode 0700, its files with 0600.'),
  events: z
    .strictObject({
      signatureSecrets: z
        .array(secretSchema)
        .min(1)
        .describe('Secrets of `mykaarma-signature-token`; several while one is being replaced.'),
      authorizationTokens: z
        .array(secretSchema)
        .min(1)
        .describe('Values that `x-authorization-token` may have; several while one is being replaced.'),
    })
    .optional()
    .describe('How message events prove where they come from. Without it none are taken.'),
  callbackTokens: z
    .array(secretSchema)
    .min(1)
    .optional()
    .describe(
      'Tokens in the paths of callbacks: all are taken, the first is shown. Without them one is made and kept in the archive directory.',
    ),
  maxBodyBytes: positiveInt.default(5_000_000).describe('A larger delivery is refused (413).'),
  maxConnections: positiveInt
    .max(10_000)
    .default(512)
    .describe('Connections at a time; more are closed at once.'),
  maxArchiveFileBytes: z
    .int()
    .min(1_000_000)
    .default(64_000_000)
    .describe('An archive that would grow beyond this is followed by a new one; so it is every day (UTC).'),
  rememberedDeliveries: positiveInt
    .max(5_000_000)
    .default(200_000)
    .describe('How many of the newest deliveries are kept in mind, to drop repeats.'),
});
