/** Certificate authorities that an installation trusts besides those that Node does. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * @param name `destination.caFile`, relative to the configuration's directory.
 * @returns the certificates in it, PEM.
 * @throws {UsageError} `CA_FILE_UNUSABLE` when it cannot be read or holds no certificate.
 */
export async function readCaFile(name: string, directory: string): Promise<string> {
  const certificates = (await readText(name, directory)).match(CERTIFICATE) ?? [];
  if (certificates.length > 0 && certificates.every(isCertificate)) return certificates.join('\n');
  throw new UsageError(`the CA file ${name} holds no certificate that can be read`, {
    code: 'CA_FILE_UNUSABLE',
    fix: 'Let destination.caFile name a PEM file: the certificates of the authorities to trust, each between BEGIN CERTIFICATE and END CERTIFICATE.',
  });
}

async function readText(name: string, directory: string): Promise<string> {
  try {
    return await readFile(resolve(directory, name), 'latin1');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`the CA file ${name} cannot be read (${code})`, {
      code: 'CA_FILE_UNUSABLE',
      fix: 'Check that it is there, beside the configuration or under an absolute path, and that you may read it.',
      cause,
    });
  }
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
