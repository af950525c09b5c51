/** `mapping`, `skip`, `lookups`, `codes` and presets: what a record becomes. */
import { z } from 'zod';
import { nonEmpty } from './fields.ts';

export const lookupSchema = z.strictObject({
  file: nonEmpty.describe('CSV file (UTF-8, comma, header).'),
  key: nonEmpty.describe('Column whose values are looked up.'),
  value: nonEmpty.describe('Column whose values are found.'),
  as: z
    .string()
    .regex(/^(text|phone:[A-Z]{2})$/, 'must be `text` or `phone:` and a two-letter region, e.g. `phone:US`')
    .default('text')
    .describe('How keys are compared: `text`, or as phone numbers of a region (`phone:US`).'),
});

export const conditionSchema = z
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

export const codesSchema = z.record(nonEmpty, z.record(z.string(), z.json()));
export type CodeTables = z.infer<typeof codesSchema>;

export const PRESETS = ['mykaarma-message-events', 'kaleyra-report', 'kaleyra-log'] as const;
export type PresetName = (typeof PRESETS)[number];

export const presetOptionsSchema = z.strictObject({
  zone: nonEmpty.default('UTC').describe('IANA zone of times that carry none.'),
  attachmentsBaseUrl: z
    .url({ protocol: /^https?$/, error: 'must be a URL that begins with https:// (or http://)' })
    .optional()
    .describe(
      'Where the files lie that message events name without a URL. Without it their names are kept in metaData.',
    ),
});
export type PresetOptions = z.infer<typeof presetOptionsSchema>;
