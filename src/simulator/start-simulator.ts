/** A local server that speaks the APIs of the references strictly, remembers what it was told, and misbehaves on request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import { BadRequest, sendJson, sendRefusal } from './answers.ts';
import { controlRoutes } from './control-api.ts';
import { createFaultPlan, type FaultPlan } from './fault-plan.ts';
import type { FaultRule } from './faults.ts';
import { listen } from './listener.ts';
import { isHttp, isLoopback } from './outbox.ts';
import { checkFaults } from './parse-faults.ts';
import { createRouter, type Exchange } from './router.ts';
import {
  SIMULATOR_DEFAULTS,
  type Simulator,
  type SimulatorOptions,
  type SimulatorStats,
} from './simulator.ts';
import { createSpokenApis } from './spoken-apis.ts';
import { createTally } from './tally.ts';
import { createTraffic } from './traffic.ts';

const BASE_PATH = '/communications';
const ELSEWHERE_PATH = '/__elsewhere';
/** Longer than any client's own, so that an idle connection is not closed just when a request is on its way. */
const KEEP_ALIVE_MS = 120_000;

/** @throws {UsageError} when a fault rule makes no sense or the port cannot be had. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = { ...SIMULATOR_DEFAULTS, ...options };
  checkFaults(settings.faults);
  if (settings.eventsUrl !== null) checkEventsUrl(settings.eventsUrl, settings.deliverAnywhere);
  const nowMs = systemClock.monotonicMs;
  const closing = new AbortController();
  const traffic = createTraffic(nowMs);
  const faults = createTally();
  const problems = createTally();
  const statuses = createTally();
  let plan: FaultPlan = planOf(settings.faults);
  let followedRedirects = 0;
  let defects = 0;
  let idle: NodeJS.Timeout | null = null;

  function planOf(rules: readonly FaultRule[]): FaultPlan {
    const startMs = nowMs();
    return createFaultPlan(rules, settings.seed, () => nowMs() - startMs);
  }

  const { routes, memory, live, outbox, historicalCounts } = createSpokenApis({
    settings,
    traffic,
    plan: () => plan,
    faults,
    problems,
    redirectTo: () => settings.redirectTo ?? `${origin}${ELSEWHERE_PATH}`,
    signal: closing.signal,
  });
  const route = createRouter(
    [
      ...routes,
      ...controlRoutes({
        stats,
        stored: memory.stored,
        delivered: live.delivered,
        setFaults,
        shutDown: () => void close(),
      }),
    ],
    BASE_PATH,
  );

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isControl(request)) response.once('finish', () => statuses.add(String(response.statusCode)));
    try {
      await dispatch(request, response);
    } catch (error) {
      if (error instanceof BadRequest) {
        problems.add(error.code);
        if (!response.headersSent && !response.destroyed) sendRefusal(response, error);
        return;
      }
      defects++;
      if (response.headersSent) response.destroy();
      else sendRefusal(response, new BadRequest(500, 'SIMULATOR_DEFECT', String(error)));
    }
  }

  async function dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    if (url.startsWith(ELSEWHERE_PATH)) {
      followedRedirects++;
      sendJson(response, 200, {});
      return;
    }
    const match = route(method, url);
    if (match.kind === 'not-found') throw new BadRequest(404, 'NOT_FOUND', 'there is no such path');
    if (match.kind === 'other-method') {
      throw new BadRequest(405, 'METHOD', 'the method is not allowed', { allow: match.allowed.join(', ') });
    }
    const exchange: Exchange = { request, response, params: match.params };
    await match.route.handle(exchange);
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    idle?.refresh();
    void answer(request, response);
  });
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    socket.once('end', () => traffic.connectionEnded(socket));
  });

  const listener = await listen(server, settings.host, settings.port);
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  const origin = `http://${host}:${listener.port}`;
  listener.plan(settings.faults, () => faults.add('outage'));

  if (settings.stopAfterIdleMs !== null) idle = setTimeout(stopIfIdle, settings.stopAfterIdleMs);
  function stopIfIdle(): void {
    if (traffic.counts().inFlight === 0 && outbox.pending() === 0) void close();
    else idle?.refresh();
  }

  function setFaults(rules: readonly FaultRule[]): void {
    checkFaults(rules);
    plan = planOf(rules);
    listener.plan(rules, () => faults.add('outage'));
  }

  function stats(): SimulatorStats {
    const departments: Record<string, { customers: number; stored: number }> = {};
    for (const { departmentUuid, stored } of memory.customers()) {
      departments[departmentUuid] ??= { customers: 0, stored: 0 };
      departments[departmentUuid].customers++;
      departments[departmentUuid].stored += stored;
    }
    return {
      ...traffic.counts(),
      ...historicalCounts(),
      ...memory.counts(),
      ...live.counts(),
      statuses: statuses.counts(),
      faults: faults.counts(),
      problems: problems.counts(),
      followedRedirects,
      defects,
      departments,
      pendingDeliveries: outbox.pending(),
      deliveries: outbox.counts(),
    };
  }

  const closed = Promise.withResolvers<void>();
  function close(): Promise<void> {
    if (!closing.signal.aborted) {
      closing.abort();
      if (idle !== null) clearTimeout(idle);
      void Promise.all([listener.close(), outbox.close()]).then(() => closed.resolve());
    }
    return closed.promise;
  }

  return {
    baseUrl: `${origin}${BASE_PATH}`,
    origin,
    port: listener.port,
    stats,
    stored: memory.stored,
    delivered: live.delivered,
    settled: outbox.settled,
    setFaults,
    close,
    closed: closed.promise,
  };
}

/** @throws {UsageError} `EVENTS_URL`. */
function checkEventsUrl(text: string, deliverAnywhere: boolean): void {
  const url = URL.parse(text);
  if (url !== null && (deliverAnywhere ? isHttp(url) : isLoopback(url))) return;
  throw new UsageError('message events cannot be delivered there', {
    code: 'EVENTS_URL',
    fix: deliverAnywhere
      ? 'Give a URL that begins with http:// or https://.'
      : 'Give an http URL of this machine, e.g. http://127.0.0.1:8788/; --deliver-anywhere allows others.',
  });
}

function isControl({ url = '' }: IncomingMessage): boolean {
  return url.startsWith('/__');
}
