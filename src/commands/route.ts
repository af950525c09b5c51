import { readCaFile } from '../config/ca-file.ts';
import { proxyFor } from '../config/proxy.ts';
import type { Route } from '../destinations/http.ts';
import type { CommandContext } from './command.ts';
import type { Setting } from './setting.ts';

/**
 * How the configured destination is reached.
 * @throws {UsageError} when the proxy's URL or the CA file cannot be used.
 */
export async function routeOf(
  { config: { destination }, directory }: Setting,
  { env }: CommandContext,
): Promise<Route> {
  const { baseUrl, caFile } = destination;
  return {
    proxy: proxyFor(baseUrl, env),
    caCertificates: caFile === undefined ? null : await readCaFile(caFile, directory),
  };
}
