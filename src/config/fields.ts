/** What several sections of the configuration are made of. */
import { z } from 'zod';

export const nonEmpty = z.string().min(1);
export const positiveInt = z.int().min(1);
export const httpUrl = z.url({
  protocol: /^https?$/,
  error: 'must be a URL that begins with https:// (or http://)',
});
