/** Credentials and people's words travel encrypted, except to this very machine. */
import { UsageError } from '../errors.ts';

/**
 * Refuses a base URL that would send credentials in the clear, or that holds what a base URL must not hold.
 * @throws {UsageError} `INSECURE_URL` for plain HTTP to a host other than loopback (unless `allowInsecure`),
 *   `BAD_URL` for credentials, a query or a fragment in it. The URL itself is not quoted: it may hold a password.
 */
export function assertSecureUrl(
  baseUrl: string,
  { allowInsecure }: { readonly allowInsecure: boolean },
): void {
  const url = URL.parse(baseUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('destination.baseUrl is not an HTTP URL', {
      code: 'BAD_URL',
      fix: 'Write it like https://api.example.com/path.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('destination.baseUrl holds credentials', {
      code: 'BAD_URL',
      fix: 'Move them to destination.auth, as { "env": "NAME" } each.',
    });
  }
  if (/[?#]/.test(baseUrl)) {
    throw new UsageError('destination.baseUrl has a query or a fragment', {
      code: 'BAD_URL',
      fix: 'Keep scheme, host and path only.',
    });
  }
  if (url.protocol === 'http:' && !allowInsecure && !isLoopback(url.hostname)) {
    throw new UsageError(
      'destination.baseUrl is plain HTTP: credentials and messages would travel in the clear',
      {
        code: 'INSECURE_URL',
        fix: 'Use https://, or set destination.allowInsecure to true if the network is trusted.',
      },
    );
  }
}

/** `hostname` as the WHATWG URL parser writes it: lower case, IPv4 in four decimal parts, IPv6 in brackets. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
