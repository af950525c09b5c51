/**
 * The configuration, once: the types, the validation and its messages, the JSON Schema (`backhaul schema`) and
 * docs/configuration.md all come from here. Unknown keys are errors.
 */
import { z } from 'zod';
import { deliverySchema } from './delivery-schema.ts';
import { destinationSchema } from './destination-schema.ts';
import { evidenceSchema } from './evidence-schema.ts';
import { nonEmpty } from './fields.ts';
import { ledgerSchema } from './ledger-schema.ts';
import {
  codesSchema,
  conditionSchema,
  lookupSchema,
  PRESETS,
  presetOptionsSchema,
  ruleSchema,
} from './mapping-schema.ts';
import { receiverSchema } from './receiver-schema.ts';
import { sourceSchema } from './source-schema.ts';

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
