/** `ledger`: where the books are, and how long they keep words. */
import { z } from 'zod';
import { nonEmpty } from './fields.ts';

export const ledgerSchema = z.strictObject({
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
