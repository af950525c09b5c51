/**
 * The configuration, once: the types, the validation and its messages, the JSON Schema (`backhaul schema`) and
 * docs/configuration.md all come from here. Unknown keys are errors.
 */
import { z } from 'zod';

const nonEmpty = z.string().min(1);
const positiveInt = z.int().min(1);

/** A credential, never written down in the configuration itself. */
export const secretSchema = z
  .union(
    [
      z.strictObject({ env: nonEmpty.describe('Name of an environment variable.') }),
      z.strictObject({
        file: nonEmpty.describe('Path of a file that holds the secret; a final line end is dropped.'),
      }),
      z.strictObject({
        command: z
          .array(nonEmpty)
          .min(1)
          .describe('Program and arguments that print the secret; no shell is involved.'),
      }),
    ],
    { error: 'must be { "env": "NAME" }, { "file": "path" } or { "command": ["…"] }; a literal is refused' },
  )
  .describe('A credential, from the environment, a file or a command. Never a literal.');
export type SecretRef = z.infer<typeof secretSchema>;

/* ------------------------------------------------------------------ source */

const csvOptionsSchema = z.strictObject({
  delimiter: z
    .string()
    .min(1)
    .default('auto')
    .describe(
      'Field delimiter, or `auto` to tell comma, semicolon, tab and pipe apart from the first lines.',
    ),
  quote: z
    .string()
    .length(1)
    .nullable()
    .default('"')
    .describe('Quote character; null when nothing is quoted.'),
  encoding: z
    .string()
    .default('auto')
    .describe(
      'A WHATWG encoding label such as `utf-8`, `utf-16le`, `windows-1252`; `auto` reads the BOM, else UTF-8.',
    ),
  header: z
    .union([z.boolean(), z.array(nonEmpty).min(1)])
    .default(true)
    .describe('true: the first row names the columns; false: columns are `#1`, `#2`, …; a list names them.'),
  maxRecordBytes: positiveInt
    .default(10_000_000)
    .describe(
      'A record longer than this means an unterminated quote: the file counts as damaged from there.',
    ),
});

const jsonOptionsSchema = z.strictObject({
  path: z
    .string()
    .default('')
    .describe(
      'Dotted path of the array inside the document, e.g. `data.messages`; empty when the document is the array.',
    ),
});

export const SOURCE_FORMATS = [
  'csv',
  'json',
  'ndjson',
  'message-events',
  'kaleyra-report',
  'kaleyra-log',
] as const;

const sourceSchema = z.strictObject({
  format: z
    .enum(SOURCE_FORMATS)
    .describe(
      'What the files hold. `message-events` and `kaleyra-log` are JSON arrays or one JSON object a line, `kaleyra-report` is CSV.',
    ),
  files: z
    .array(nonEmpty)
    .min(1)
    .describe('Globs, read in sorted order. `.gz` and `.zst` files are read through; `-` is standard input.'),
  allowEmpty: z.boolean().default(false).describe('Whether globs may match nothing.'),
  csv: csvOptionsSchema.prefault({}).describe('For `csv` and `kaleyra-report`.'),
  json: jsonOptionsSchema
    .prefault({})
    .describe('For `json`; also for `message-events` and `kaleyra-log` where they are inside a document.'),
});
export type SourceConfig = z.infer<typeof sourceSchema>;

/* ----------------------------------------------------------------- mapping */

const lookupSchema = z.strictObject({
  file: nonEmpty.describe('CSV file (UTF-8, comma, header).'),
  key: nonEmpty.describe('Column whose values are looked up.'),
  value: nonEmpty.describe('Column whose values are found.'),
  as: z
    .string()
    .regex(/^(text|phone:[A-Z]{2})$/, 'must be `text` or `phone:` and a two-letter region, e.g. `phone:US`')
    .default('text')
    .describe('How keys are compared: `text`, or as phone numbers of a region (`phone:US`).'),
});

const conditionSchema = z
  .strictObject({
    from: nonEmpty.describe('Column, or dotted path into nested JSON.'),
    in: z
      .array(z.string())
      .optional()
      .describe(
        'Skip when the cell is one of these. An empty list is never: it puts a rule of the preset out of force.',
      ),
    notIn: z.array(z.string()).min(1).optional().describe('Skip when the cell is none of these.'),
    empty: z.boolean().optional().describe('Skip when the cell is empty (true) or filled (false).'),
    matches: z.string().optional().describe('Skip when this regular expression matches the cell.'),
    reason: nonEmpty.describe('Why such records are left out; shown with the counts.'),
  })
  .refine(
    (rule) =>
      [rule.in, rule.notIn, rule.empty, rule.matches].filter((part) => part !== undefined).length === 1,
    {
      message: 'needs exactly one of `in`, `notIn`, `empty`, `matches`',
    },
  );
export type SkipRule = z.infer<typeof conditionSchema>;

const timeSchema = z.strictObject({
  formats: z
    .array(nonEmpty)
    .min(1)
    .describe(
      'Unicode date patterns (`yyyy-MM-dd HH:mm:ss`), or `iso`, `rfc2822`, `epoch-s`, `epoch-ms`; the first that fits wins.',
    ),
  zone: z
    .string()
    .optional()
    .describe('IANA zone of times that carry none. Required when a format has no offset.'),
  gap: z
    .enum(['reject', 'earlier', 'later'])
    .default('reject')
    .describe('Local times skipped when clocks go forward.'),
  fold: z
    .enum(['reject', 'earlier', 'later'])
    .default('reject')
    .describe('Local times that exist twice when clocks go back.'),
});
export type TimeRule = z.infer<typeof timeSchema>;

const ruleObjectSchema = z
  .strictObject({
    from: nonEmpty.optional().describe('Column, or dotted path into nested JSON.'),
    firstOf: z.array(nonEmpty).min(1).optional().describe('The first of these columns that is not empty.'),
    template: z
      .string()
      .optional()
      .describe('Text with `{Column}` in it; absent when every column named is empty.'),
    value: z.json().optional().describe('A constant.'),
    hash: z.array(nonEmpty).min(1).optional().describe('Only for `sourceUuid`: identity from these columns.'),
    json: z.boolean().optional().describe('Parse the cell as JSON.'),
    split: nonEmpty.optional().describe('Split the cell at this text into a list; empty parts are dropped.'),
    trim: z.boolean().optional().describe('Drop outer blanks. Default false.'),
    phone: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be a two-letter region such as `US`')
      .optional()
      .describe('Read as a phone number of this region, written as E.164.'),
    time: timeSchema.optional().describe('Read as a time, written as a UTC instant with milliseconds.'),
    map: z.record(z.string(), z.json()).optional().describe('Replace each text by its value.'),
    codes: nonEmpty.optional().describe('The same, by the table of this name in `codes`.'),
    lookup: nonEmpty.optional().describe('Replace by what the lookup of this name holds.'),
    otherwise: z
      .json()
      .optional()
      .describe('For `map`, `codes` and `lookup`: used where nothing matches, instead of a reject.'),
    noteDocument: z
      .boolean()
      .optional()
      .describe(
        'Only for `messageAttributes.body`: wrap the body of NOTE messages as the JSON note document.',
      ),
    default: z.json().optional().describe('Used where the cell is absent.'),
  })
  .refine(
    (rule) =>
      [rule.from, rule.firstOf, rule.template, rule.value, rule.hash].filter((part) => part !== undefined)
        .length === 1,
    { message: 'needs exactly one of `from`, `firstOf`, `template`, `value`, `hash`' },
  )
  .refine(
    (rule) => [rule.phone, rule.time, rule.map, rule.codes].filter((part) => part !== undefined).length <= 1,
    { message: 'takes at most one of `phone`, `time`, `map`, `codes`' },
  );

export const ruleSchema = z.union([nonEmpty.describe('A column name.'), ruleObjectSchema]);
export type Rule = z.infer<typeof ruleSchema>;
export type RuleObject = z.infer<typeof ruleObjectSchema>;

const codesSchema = z.record(nonEmpty, z.record(z.string(), z.json()));
export type CodeTables = z.infer<typeof codesSchema>;

export const PRESETS = ['mykaarma-message-events', 'kaleyra-report', 'kaleyra-log'] as const;
export type PresetName = (typeof PRESETS)[number];

const presetOptionsSchema = z.strictObject({
  zone: nonEmpty.default('UTC').describe('IANA zone of times that carry none.'),
  attachmentsBaseUrl: z
    .url({ protocol: /^https?$/, error: 'must be a URL that begins with https:// (or http://)' })
    .optional()
    .describe(
      'Where the files lie that message events name without a URL. Without it their names are kept in metaData.',
    ),
});
export type PresetOptions = z.infer<typeof presetOptionsSchema>;

/* ------------------------------------------------------------- destination */

const basicAuthSchema = z.strictObject({
  username: secretSchema.describe('Where the user name comes from.'),
  password: secretSchema.describe('Where the password comes from.'),
});

const httpUrl = z.url({
  protocol: /^https?$/,
  error: 'must be a URL that begins with https:// (or http://)',
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

const destinationSchema = z.discriminatedUnion('type', [
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

/* ---------------------------------------------------------------- delivery */

export const deliverySchema = z.strictObject({
  maxBatchMessages: positiveInt.default(50).describe('Most messages in one request.'),
  maxBatchBytes: positiveInt.default(1_000_000).describe('Most bytes of one HTTP body.'),
  requestsPerSecond: z
    .number()
    .gt(0)
    .max(100_000)
    .default(5)
    .describe('Rate cap: no one-second window starts more.'),
  burst: positiveInt
    .default(1)
    .describe('Requests that may start at once after a pause, within the same cap.'),
  concurrency: positiveInt.max(1_000).default(4).describe('Most customers worked on at the same time.'),
  timeoutMs: positiveInt.default(30_000).describe('Longest wait for one answer.'),
  maxAttempts: positiveInt.default(8).describe('Most attempts at one batch within a run.'),
  retryBaseMs: positiveInt
    .default(250)
    .describe('Back-off before the first retry; doubles, with full jitter.'),
  retryMaxMs: positiveInt.default(30_000).describe('Longest back-off.'),
  maxOutageMs: positiveInt
    .default(900_000)
    .describe('How long the API may be unavailable before the run stops.'),
  resendUnknown: z
    .boolean()
    .optional()
    .describe(
      'Whether messages whose fate is unknown are sent again: yes, unless the destination is a live one, where they never are.',
    ),
  maxFailures: positiveInt.nullable().default(null).describe('Stop once so many messages have newly failed.'),
});
export type DeliveryConfig = z.infer<typeof deliverySchema>;

const ledgerSchema = z.strictObject({
  path: nonEmpty.default('backhaul.db').describe('SQLite file; created with mode 0600.'),
  keepPayloads: z
    .enum(['until-accepted', 'until-stored', 'always'])
    .optional()
    .describe(
      'How long the ledger keeps what people wrote. Left out: `until-stored` with a destination.callbackUrl, else `until-accepted`.',
    ),
  onConflict: z
    .enum(['reject', 'keep-first', 'replace'])
    .default('reject')
    .describe(
      'When an identity comes again with other content: count and keep the first, keep the first quietly, or send the later.',
    ),
});

/* ---------------------------------------------------------------- evidence */

interface CallbackShapeDefaults {
  readonly results: readonly string[];
  readonly sourceUuid: readonly string[];
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  readonly positiveStatuses: readonly string[];
  readonly negativeStatuses: readonly string[];
  readonly messageUuidCounts: boolean;
}

/** What callbacks hold is not published: everything that is assumed of it can be put otherwise. */
function callbackShapeSchema(defaults: CallbackShapeDefaults) {
  const paths = (fallback: readonly string[]) => z.array(z.string()).default([...fallback]);
  return z
    .strictObject({
      results: paths(defaults.results).describe(
        'Dotted paths of the results, each a list or a single one; empty text is the document itself. All are read.',
      ),
      sourceUuid: paths(defaults.sourceUuid).describe(
        'Dotted path of it within a result; the first that is there.',
      ),
      messageUuid: paths(['messageUuid', 'messageUUID']).describe('The same of the API’s own identifier.'),
      status: paths(['status']).describe('The same of what became of the message, in a word.'),
      errors: paths(['errors']).describe('The same of what went wrong: when filled, the message failed.'),
      errorCode: paths(['errorCode']).describe('Dotted path of the code within an error.'),
      errorText: paths(['errorDescription']).describe('The same of the description.'),
      succeeded: paths(defaults.succeeded).describe(
        'Dotted paths of lists of sourceUuids that succeeded. All are read.',
      ),
      failed: paths(defaults.failed).describe('The same of those that failed.'),
      positiveStatuses: z
        .array(nonEmpty)
        .default([...defaults.positiveStatuses])
        .describe('Statuses that speak for a message, in capitals or not.'),
      negativeStatuses: z
        .array(nonEmpty)
        .default([...defaults.negativeStatuses])
        .describe('Statuses that say that it failed. All others say nothing.'),
      messageUuidCounts: z
        .boolean()
        .default(defaults.messageUuidCounts)
        .describe('Whether a messageUuid speaks for a message that has neither a status nor errors.'),
    })
    .prefault({});
}
export type CallbackShape = z.infer<ReturnType<typeof callbackShapeSchema>>;

const evidenceSchema = z.strictObject({
  callbacks: z
    .strictObject({
      historical: callbackShapeSchema({
        results: ['saveMessageResponse', ''],
        sourceUuid: ['sourceUuid'],
        succeeded: ['succesfullySubmittedSourceUuids', 'successfullySubmittedSourceUuids'],
        failed: ['failedSourceUuids'],
        positiveStatuses: ['SUCCESS', 'SAVED', 'STORED'],
        negativeStatuses: ['FAILED', 'FAILURE', 'ERROR'],
        messageUuidCounts: true,
      }).describe('Of historical saves; by default as the answer to the save is documented.'),
      text: callbackShapeSchema({
        results: [''],
        sourceUuid: ['callbackMetaData.backhaulSourceUuid', 'metaData.backhaulSourceUuid'],
        succeeded: [],
        failed: [],
        positiveStatuses: ['SUCCESS', 'SENT', 'DELIVERED'],
        negativeStatuses: ['FAILED', 'FAILURE', 'ERROR', 'UNDELIVERED'],
        messageUuidCounts: false,
      }).describe('Of texts sent asynchronously; by default as the answer to the send is documented.'),
    })
    .prefault({})
    .describe('Where callbacks say what: their form is not published.'),
});

/* ---------------------------------------------------------------- receiver */

const receiverSchema = z.strictObject({
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

/* ------------------------------------------------------------ whole document */

export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors; ignored.'),
  stream: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      'must be letters, digits, dots, dashes and underscores (64 at most)',
    )
    .describe("The pipeline's name in the ledger."),
  source: sourceSchema.describe('Where records come from.'),
  lookups: z.record(nonEmpty, lookupSchema).default({}).describe('Crosswalk files, by name.'),
  skip: z.array(conditionSchema).default([]).describe('Records that are not to be imported.'),
  preset: z
    .enum(PRESETS)
    .optional()
    .describe(
      'Rules that come with the program, for exports of a known form: see docs/message-events.md and docs/kaleyra.md.',
    ),
  presetOptions: presetOptionsSchema.prefault({}).describe('What the preset has to be told.'),
  codes: codesSchema
    .default({})
    .describe('Code tables by name: what a code of the export means. They add to those of the preset.'),
  mapping: z
    .record(nonEmpty, ruleSchema)
    .default({})
    .describe('Request path → where its value comes from. Each rule takes the place of the preset’s.'),
  mapper: z
    .string()
    .optional()
    .describe('A module whose default export runs after the rules: `(record, helpers) => …`.'),
  destination: destinationSchema.describe('Where messages go.'),
  delivery: deliverySchema.prefault({}).describe('How fast and how stubbornly.'),
  ledger: ledgerSchema.prefault({}).describe('What is remembered of every message.'),
  receiver: receiverSchema.prefault({}).describe('What `backhaul listen` takes in, and where it puts it.'),
  evidence: evidenceSchema.prefault({}).describe('How `backhaul verify` reads it.'),
});
export type Config = z.infer<typeof configSchema>;
