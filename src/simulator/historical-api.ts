/**
 * The save-historical-message API:
 * `PUT /department/:departmentUUID/customer/:customerUUID/communication/historical`.
 *
 * Order of judgement: credentials, content type, size, document, faults, department, customer, rate, then the items one by one.
 * Items are noted as submitted as soon as the document can be read, so that what comes again is known to come again.
 */
import { answerError, BadRequest, retryAfterHeaders, sendText } from './answers.ts';
import { chance } from './chance.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Fault } from './faults.ts';
import {
  judgeItem,
  type ReceivedItem,
  readHistoricalRequest,
  sentence,
  sentOnMsOf,
} from './historical-request.ts';
import { type CustomerRecord, type Memory, messageUuidOf } from './memory.ts';
import { type MisbehaviourOptions, misbehave } from './misbehave.ts';
import { readBody } from './request-body.ts';
import type { Exchange, Route } from './router.ts';
import type { SimulatorSettings } from './simulator.ts';
import type { Tally } from './tally.ts';
import { createSlidingWindow, type Traffic } from './traffic.ts';

export interface HistoricalApiParts {
  readonly settings: SimulatorSettings;
  readonly memory: Memory;
  readonly traffic: Traffic;
  readonly plan: () => FaultPlan;
  readonly faults: Tally;
  readonly problems: Tally;
  readonly misbehaviour: MisbehaviourOptions;
  readonly nowMs: () => number;
  /** Resolves after the delay, or once the server closes. */
  readonly wait: (delayMs: number) => Promise<void>;
}

export interface HistoricalApi {
  readonly route: Route;
  counts(): { readonly accepted: number; readonly failed: number };
}

interface ItemAnswer {
  sourceUuid: string;
  messageUuid?: string;
  errors?: unknown[];
  warnings?: unknown[];
}

/** The answer's shape in the reference, its spelling included. */
interface HistoricalAnswer {
  readonly saveMessageResponse: ItemAnswer[];
  readonly succesfullySubmittedSourceUuids: string[];
  readonly failedSourceUuids: string[];
  readonly errors: unknown[];
  readonly warnings: unknown[];
}

export function createHistoricalApi(parts: HistoricalApiParts): HistoricalApi {
  const { settings, memory, traffic, plan, faults, problems, misbehaviour, nowMs, wait } = parts;
  const checkHead = createHeadCheck(settings);
  const departments = settings.departments && new Set(settings.departments);
  const forbiddenDepartments = new Set(settings.forbiddenDepartments);
  const unknownCustomers = new Set(settings.unknownCustomers);
  const admitted = createSlidingWindow();
  let requests = 0;
  let accepted = 0;
  let failed = 0;

  async function handle(exchange: Exchange): Promise<void> {
    const { request, response, params } = exchange;
    const { departmentUuid = '', customerUuid = '' } = params;
    const customer = memory.customer(departmentUuid, customerUuid);
    traffic.begin(exchange, customer);
    const number = ++requests;

    const body = await readBody(request, settings.maxBodyBytes);
    if (body === null) return;
    checkHead(exchange);
    if (body === 'too-large') throw new BadRequest(413, 'TOO_LARGE', 'the body is too large');
    const items = readHistoricalRequest(body);
    const submitted = items.map(({ sourceUuid }) => ({
      sourceUuid,
      attempt: memory.noteSubmission(sourceUuid),
    }));

    const fault = plan().strikeRequest({ departmentUuid, customerUuid, items: submitted });
    const effect = fault?.effect.strikes === 'request' ? fault.effect.does : null;
    if (fault) faults.add(fault.name);
    if (effect !== null && !fault?.stores) {
      await waitLatency(number);
      return misbehave(effect, exchange, '', misbehaviour);
    }

    admit(customer, items.length);
    const itemFaults = strikeItems(customer, submitted);
    await waitLatency(number);
    const answer = JSON.stringify(process(customer, items, itemFaults));
    if (effect !== null) return misbehave(effect, exchange, answer, misbehaviour);
    sendText(response, 200, 'application/json', answer);
  }

  /** @throws {BadRequest} when the request is fine but not for this department, customer or moment. */
  function admit({ departmentUuid, customerUuid }: CustomerRecord, itemCount: number): void {
    if (forbiddenDepartments.has(departmentUuid) || departments?.has(departmentUuid) === false) {
      throw new BadRequest(403, 'FORBIDDEN', 'the credentials do not cover this department');
    }
    if (unknownCustomers.has(customerUuid)) {
      throw new BadRequest(404, 'NO_SUCH_CUSTOMER', 'there is no such customer');
    }
    if (settings.maxItems !== null && itemCount > settings.maxItems) {
      throw new BadRequest(413, 'TOO_MANY_ITEMS', 'the request holds too many messages');
    }
    if (settings.requestsPerSecond === null) return;
    if (admitted.count(nowMs()) >= settings.requestsPerSecond) {
      throw new BadRequest(429, 'THROTTLED', 'too many requests', retryAfterHeaders(settings.retryAfter));
    }
    admitted.add(nowMs());
  }

  /** @throws {BadRequest} when an item is poisonous: nobody is told which. */
  function strikeItems(
    { departmentUuid, customerUuid }: CustomerRecord,
    submitted: readonly { sourceUuid: string; attempt: number }[],
  ): readonly (Fault | null)[] {
    const currentPlan = plan();
    if (!currentPlan.concernsItems) return [];
    const struck = submitted.map((item) => currentPlan.strikeItem({ departmentUuid, customerUuid, ...item }));
    for (const fault of struck) if (fault) faults.add(fault.name);
    for (const fault of struck) {
      if (fault?.effect.strikes === 'item' && typeof fault.effect.does === 'object') {
        throw new BadRequest(fault.effect.does.poison, 'REQUEST_REFUSED', 'the request cannot be processed');
      }
    }
    return struck;
  }

  function process(
    customer: CustomerRecord,
    items: readonly ReceivedItem[],
    itemFaults: readonly (Fault | null)[],
  ): HistoricalAnswer {
    const answer: HistoricalAnswer = {
      saveMessageResponse: [],
      succesfullySubmittedSourceUuids: [],
      failedSourceUuids: [],
      errors: [],
      warnings: [],
    };
    items.forEach((received, index) => {
      const errors = itemErrors(received);
      const fault = itemFaults[index] ?? null;
      if (errors.length > 0) {
        failed++;
        answer.saveMessageResponse.push({ sourceUuid: received.sourceUuid, errors });
        answer.failedSourceUuids.push(received.sourceUuid);
        return;
      }
      if (fault?.stores === false) {
        failed++;
      } else {
        accepted++;
        const { sourceUuid, text, item } = received;
        memory.store({ sourceUuid, customer, text, sentOnMs: sentOnMsOf(item) });
      }
      tell(answer, received.sourceUuid, fault);
    });
    return answer;
  }

  function itemErrors({ item, sourceUuid }: ReceivedItem): unknown[] {
    if (settings.rejectDuplicates && memory.isStored(sourceUuid)) {
      problems.add('DUPLICATE_SOURCE_UUID');
      return [answerError('DUPLICATE_SOURCE_UUID', 'a message with this sourceUuid exists', sourceUuid)];
    }
    if (!settings.validate) return [];
    return judgeItem(item).map((problem) => {
      problems.add(problem.code);
      return answerError(problem.code, sentence(problem), `${sourceUuid} ${problem.path}`);
    });
  }

  async function waitLatency(number: number): Promise<void> {
    const { latencyMs, seed } = settings;
    const [minMs, maxMs] = typeof latencyMs === 'number' ? [latencyMs, latencyMs] : latencyMs;
    const delayMs = minMs + (maxMs - minMs) * chance(seed, 'latency', number);
    if (delayMs > 0) await wait(delayMs);
  }

  return {
    route: {
      method: 'PUT',
      path: '/department/:departmentUuid/customer/:customerUuid/communication/historical',
      handle,
    },
    counts: () => ({ accepted, failed }),
  };
}

/** Writes an item's line into the answer: truly, unless a fault has it otherwise. */
function tell(answer: HistoricalAnswer, sourceUuid: string, fault: Fault | null): void {
  const does = fault?.effect.strikes === 'item' ? fault.effect.does : null;
  if (does === 'omit') return;
  const refused = does === 'refuse' || does === 'contradict' || does === 'contradict-error';
  if (does !== 'refuse') answer.succesfullySubmittedSourceUuids.push(sourceUuid);
  if (does === 'refuse' || does === 'contradict') answer.failedSourceUuids.push(sourceUuid);
  const line: ItemAnswer = { sourceUuid };
  if (!refused || does === 'contradict') line.messageUuid = messageUuidOf(sourceUuid);
  if (does === 'refuse' || does === 'contradict-error') {
    line.errors = [answerError('SIMULATED_REFUSAL', 'this message is refused on purpose', sourceUuid)];
  }
  if (does === 'warn') {
    line.warnings = [{ warningCode: 'SIMULATED_WARNING', warningDescription: 'accepted with a doubt' }];
  }
  answer.saveMessageResponse.push(line);
}

/** @returns a check that throws {@link BadRequest} for wrong credentials (401) and content types (415). */
function createHeadCheck({ username, password }: SimulatorSettings): (exchange: Exchange) => void {
  const credentials = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  return ({ request: { headers } }) => {
    const [, given] = /^basic +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (given !== credentials) {
      throw new BadRequest(401, 'UNAUTHORIZED', 'the credentials are missing or wrong', {
        'www-authenticate': 'Basic realm="simulator"',
      });
    }
    const contentType = headers['content-type'] ?? '';
    if (!/^application\/json(?: *; *charset="?utf-8"?)?$/i.test(contentType)) {
      throw new BadRequest(415, 'CONTENT_TYPE', 'the content type must be application/json');
    }
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new BadRequest(415, 'CONTENT_ENCODING', 'bodies must not be compressed');
    }
  };
}
