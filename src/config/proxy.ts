/**
 * Which proxy a connection goes through: `HTTPS_PROXY` for https, `HTTP_PROXY` for http, and `NO_PROXY` for the hosts
 * that need none, in lower case or upper (lower case first, as elsewhere).
 *
 * A proxy's URL may hold a password: it appears in no error, and nobody but the connection gets to see it.
 */
import { UsageError } from '../errors.ts';
import { isLoopback } from './secure-url.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @returns null for a direct connection. Loopback is always reached directly: to a proxy, `localhost` is the proxy's
 *   own machine.
 * @throws {UsageError} `BAD_PROXY` when the variable holds no URL of an HTTP proxy.
 */
export function proxyFor(baseUrl: string, env: Environment): URL | null {
  const url = new URL(baseUrl);
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const variable = env[name] === undefined ? name.toUpperCase() : name;
  const value = env[variable]?.trim() ?? '';
  if (value === '' || isLoopback(url.hostname) || isExempt(url, env)) return null;
  return readProxyUrl(value, variable);
}

/** A list of hosts, each with its subdomains, or with one port only; `*` is every host. */
function isExempt(url: URL, env: Environment): boolean {
  const entries = (env.no_proxy ?? env.NO_PROXY ?? '').toLowerCase().split(/[\s,]+/);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return entries.some((entry) => {
    if (entry === '*') return true;
    const [, host = '', onlyPort = port] =
      /^(?:\*?\.)?(\[[^\]]*\]|[^:]*|.*:.*:.*)(?::(\d+))?$/.exec(entry) ?? [];
    const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    return name !== '' && onlyPort === port && (url.hostname === name || url.hostname.endsWith(`.${name}`));
  });
}

function readProxyUrl(value: string, variable: string): URL {
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (url !== null && /^https?:$/.test(url.protocol) && isDecodable(url)) return url;
  throw new UsageError(`${variable} is not the URL of an HTTP proxy`, {
    code: 'BAD_PROXY',
    fix: `Write it like http://proxy.example.com:3128, the characters of a password percent-encoded, or unset ${variable}. NO_PROXY names hosts that need no proxy.`,
  });
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
