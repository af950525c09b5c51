/**
 * What every spoken API does with a request, in one order of judgement: credentials, content type, size, document, faults,
 * place (department, customer, …), rate, faults of single items, work.
 */
import { BadRequest, retryAfterHeaders, sendJson } from './answers.ts';
import type { Api } from './api.ts';
import { drawMs } from './chance.ts';
import type { FaultPlan, RequestTarget } from './fault-plan.ts';
import { type ApiAnswer, type MisbehaviourOptions, misbehave, NO_ANSWER } from './misbehave.ts';
import { readBody } from './request-body.ts';
import type { Exchange, Route } from './router.ts';
import type { SimulatorSettings } from './simulator.ts';
import type { Tally } from './tally.ts';
import { type Customer, createSlidingWindow, type Traffic } from './traffic.ts';

/** One API: what it demands, and what it makes of a request. */
export interface SpokenApi {
  readonly api: Api;
  readonly method: string;
  readonly path: string;
  /** @throws {BadRequest} for wrong credentials or content types. */
  checkHead(exchange: Exchange): void;
  /** Whom a request concerns, as far as its path tells. */
  customerOf?(params: Exchange['params']): Customer;
  /** @throws {BadRequest} when the body as a whole cannot be understood. */
  understand(body: Buffer, params: Exchange['params']): UnderstoodRequest;
}

export interface UnderstoodRequest {
  readonly target: Omit<RequestTarget, 'api'>;
  /** Whom the request concerns, where its body tells. */
  readonly customers?: ReadonlySet<Customer>;
  /** @throws {BadRequest} when the request is fine but not for this place. */
  admit?(): void;
  /**
   * Lets the faults of single items strike.
   * @returns what does the work, once the latency is over.
   * @throws {BadRequest} when a single item spoils the whole.
   */
  begin(): () => ApiAnswer;
}

export interface FrontDeskParts {
  readonly settings: SimulatorSettings;
  readonly traffic: Traffic;
  readonly plan: () => FaultPlan;
  readonly faults: Tally;
  readonly misbehaviour: MisbehaviourOptions;
  readonly nowMs: () => number;
  /** Resolves after the delay, or once the server closes. */
  readonly wait: (delayMs: number) => Promise<void>;
}

/** @returns what makes a route of an API. The rate is one for all of them. */
export function createFrontDesk(parts: FrontDeskParts): (api: SpokenApi) => Route {
  const { settings, traffic, plan, faults, misbehaviour, nowMs, wait } = parts;
  const admitted = createSlidingWindow();
  let requests = 0;

  async function serve(spoken: SpokenApi, exchange: Exchange): Promise<void> {
    const { request, response, params } = exchange;
    const concerns = traffic.begin(exchange);
    if (spoken.customerOf) concerns(spoken.customerOf(params));
    const number = ++requests;

    const body = await readBody(request, settings.maxBodyBytes);
    if (body === null) return;
    spoken.checkHead(exchange);
    if (body === 'too-large') throw new BadRequest(413, 'TOO_LARGE', 'the body is too large');
    const understood = spoken.understand(body, params);
    for (const customer of understood.customers ?? []) concerns(customer);

    const fault = plan().strikeRequest({ api: spoken.api, ...understood.target });
    const effect = fault?.effect.strikes === 'request' ? fault.effect.does : null;
    if (fault) faults.add(fault.name);
    if (effect !== null && !fault?.stores) {
      await waitLatency(number);
      return misbehave(effect, exchange, NO_ANSWER, misbehaviour);
    }

    understood.admit?.();
    admitByRate();
    const work = understood.begin();
    await waitLatency(number);
    const answer = work();
    if (effect !== null) return misbehave(effect, exchange, answer, misbehaviour);
    sendJson(response, answer.status, answer.document);
  }

  function admitByRate(): void {
    if (settings.requestsPerSecond === null) return;
    if (admitted.count(nowMs()) >= settings.requestsPerSecond) {
      throw new BadRequest(429, 'THROTTLED', 'too many requests', retryAfterHeaders(settings.retryAfter));
    }
    admitted.add(nowMs());
  }

  async function waitLatency(number: number): Promise<void> {
    const delayMs = drawMs(settings.latencyMs, settings.seed, 'latency', number);
    if (delayMs > 0) await wait(delayMs);
  }

  return (spoken) => ({
    method: spoken.method,
    path: spoken.path,
    handle: (exchange) => serve(spoken, exchange),
  });
}
