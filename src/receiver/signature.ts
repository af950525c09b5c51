/** Who may deliver: every comparison takes the same time, whatever was given. */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

/**
 * Whether `signature` (the header `mykaarma-signature-token`, `sha256=<hex>`) is the HMAC-SHA256 of the raw body under
 * one of the secrets. Several secrets hold while one is being replaced by another.
 */
export function isSigned(
  rawBody: Uint8Array,
  signature: string | undefined,
  secrets: readonly string[],
): boolean {
  const hex = SIGNATURE.exec(signature ?? '')?.[1];
  if (hex === undefined) return false;
  const given = Buffer.from(hex, 'hex');
  let fits = false;
  for (const secret of secrets) {
    if (timingSafeEqual(given, createHmac('sha256', secret).update(rawBody).digest())) fits = true;
  }
  return fits;
}

/** A check whether a token is one of these. Digests are compared, so that lengths do not tell either. */
export function createTokenCheck(tokens: readonly string[]): (given: string | undefined) => boolean {
  const known = tokens.map((token) => digest(Buffer.from(token, 'utf8')));
  return (given) => {
    if (given === undefined || given === '') return false;
    // Node.js hands over the bytes of a header as Latin-1.
    const found = digest(Buffer.from(given, 'latin1'));
    let fits = false;
    for (const token of known) if (timingSafeEqual(token, found)) fits = true;
    return fits;
  };
}

function digest(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}
