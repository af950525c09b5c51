/** Credentials: where they are, never what they are. */
import { z } from 'zod';
import { nonEmpty } from './fields.ts';

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
