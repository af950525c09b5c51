/** Finds the handler of a request. Each spoken API adds its routes; see `start-simulator.ts`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BadRequest } from './answers.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the path held in place of the route's `:names`, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: string;
  /** Segments that begin with a colon take any text. */
  readonly path: string;
  readonly handle: (exchange: Exchange) => Promise<void> | void;
}

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'other-method'; readonly allowed: readonly string[] }
  | { readonly kind: 'not-found' };

/** @param prefix under which every route is known as well, e.g. `/communications`. */
export function createRouter(
  routes: readonly Route[],
  prefix: string,
): (method: string, url: string) => RouteMatch {
  const patterns = routes.map((route) => ({ route, segments: route.path.split('/') }));
  return (method, url) => {
    const query = url.indexOf('?');
    const path = query === -1 ? url : url.slice(0, query);
    const segments = (path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path).split('/');
    const allowed: string[] = [];
    for (const { route, segments: pattern } of patterns) {
      if (!fits(segments, pattern)) continue;
      if (route.method === method) return { kind: 'found', route, params: parameters(segments, pattern) };
      allowed.push(route.method);
    }
    return allowed.length > 0 ? { kind: 'other-method', allowed } : { kind: 'not-found' };
  };
}

function fits(segments: readonly string[], pattern: readonly string[]): boolean {
  return (
    segments.length === pattern.length &&
    pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]))
  );
}

function parameters(segments: readonly string[], pattern: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  pattern.forEach((part, index) => {
    if (part.startsWith(':')) params[part.slice(1)] = decoded(segments[index] as string);
  });
  return params;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new BadRequest(400, 'BAD_PATH', 'the path is not percent-encoded UTF-8');
  }
}
