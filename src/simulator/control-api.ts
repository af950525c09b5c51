/**
 * What the simulator tells about itself, and takes orders by. None of it is part of a real API: paths begin with two
 * underscores, and only callers on the same machine are answered.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UsageError } from '../errors.ts';
import { BadRequest, sendJson } from './answers.ts';
import type { FaultRule } from './faults.ts';
import type { DeliveredMessage } from './live-memory.ts';
import type { StoredMessage } from './memory.ts';
import { parseFaults } from './parse-faults.ts';
import { readBody } from './request-body.ts';
import type { Route } from './router.ts';
import type { SimulatorStats } from './simulator.ts';

const LINES_PER_CHUNK = 500;
const MAX_ORDER_BYTES = 100_000;

export interface ControlApiParts {
  readonly stats: () => SimulatorStats;
  readonly stored: () => Iterable<StoredMessage>;
  readonly delivered: () => Iterable<DeliveredMessage>;
  readonly setFaults: (rules: readonly FaultRule[]) => void;
  readonly shutDown: () => void;
}

export function controlRoutes({ stats, stored, delivered, setFaults, shutDown }: ControlApiParts): Route[] {
  const routes: Route[] = [
    {
      method: 'GET',
      path: '/__stats',
      handle: ({ response }) => sendJson(response, 200, stats()),
    },
    listing('/__stored', stored),
    listing('/__delivered', delivered),
    {
      method: 'POST',
      path: '/__faults',
      async handle({ request, response }) {
        const body = await readBody(request, MAX_ORDER_BYTES);
        if (body === null) return;
        if (body === 'too-large') throw new BadRequest(413, 'TOO_LARGE', 'that is too much');
        const rules = readFaults(body.toString('utf8'));
        setFaults(rules);
        sendJson(response, 200, { faults: rules });
      },
    },
    {
      method: 'POST',
      path: '/__shutdown',
      handle({ response }) {
        response.once('finish', shutDown);
        sendJson(response, 200, { closing: true });
      },
    },
  ];
  return routes.map((route) => ({ ...route, handle: loopbackOnly(route.handle) }));
}

function listing(path: string, messages: () => Iterable<StoredMessage | DeliveredMessage>): Route {
  return {
    method: 'GET',
    path,
    async handle({ response }) {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      try {
        await pipeline(Readable.from(ndjson(messages())), response);
      } catch {
        // The reader went away.
      }
    },
  };
}

function loopbackOnly(handle: Route['handle']): Route['handle'] {
  return (exchange) => {
    const address = exchange.request.socket.remoteAddress ?? '';
    if (!/^(?:::ffff:)?127[.]|^::1$/.test(address))
      throw new BadRequest(404, 'NOT_FOUND', 'there is no such path');
    return handle(exchange);
  };
}

function readFaults(text: string): FaultRule[] {
  try {
    return parseFaults(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new BadRequest(400, error.code, `${error.message}. ${error.fix}`);
  }
}

function* ndjson(messages: Iterable<StoredMessage | DeliveredMessage>): Generator<string> {
  let lines: string[] = [];
  for (const message of messages) {
    lines.push(`${JSON.stringify(message)}\n`);
    if (lines.length < LINES_PER_CHUNK) continue;
    yield lines.join('');
    lines = [];
  }
  if (lines.length > 0) yield lines.join('');
}
