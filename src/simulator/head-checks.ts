/** What requests must say of themselves before their bodies count. */
import { BadRequest } from './answers.ts';
import type { Exchange } from './router.ts';
import type { SimulatorSettings } from './simulator.ts';

/** The myKaarma APIs: Basic auth, JSON. @returns a check that throws {@link BadRequest} 401 or 415. */
export function createBasicAuthCheck({
  username,
  password,
}: SimulatorSettings): (exchange: Exchange) => void {
  const credentials = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  return (exchange) => {
    const [, given] = /^basic +(\S+)$/i.exec(exchange.request.headers.authorization ?? '') ?? [];
    if (given !== credentials) {
      throw new BadRequest(401, 'UNAUTHORIZED', 'the credentials are missing or wrong', {
        'www-authenticate': 'Basic realm="simulator"',
      });
    }
    if (!isJson(exchange)) {
      throw new BadRequest(415, 'CONTENT_TYPE', 'the content type must be application/json');
    }
    if (!isPlain(exchange)) {
      throw new BadRequest(415, 'CONTENT_ENCODING', 'bodies must not be compressed');
    }
  };
}

export function isJson({ request: { headers } }: Exchange): boolean {
  return /^application\/json(?: *; *charset="?utf-8"?)?$/i.test(headers['content-type'] ?? '');
}

export function isPlain({ request: { headers } }: Exchange): boolean {
  return (headers['content-encoding'] ?? 'identity') === 'identity';
}
