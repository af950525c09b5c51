/**
 * The save-historical-message API:
 * `PUT /department/:departmentUUID/customer/:customerUUID/communication/historical`.
 *
 * Items are noted as submitted as soon as the document can be read, so that what comes again is known to come again.
 */
import { answerError, BadRequest } from './answers.ts';
import type { Callbacks } from './callbacks.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Fault, ItemEffect } from './faults.ts';
import type { SpokenApi, UnderstoodRequest } from './front-desk.ts';
import { createBasicAuthCheck } from './head-checks.ts';
import { callbackOf, emptyAnswer, type HistoricalAnswer, tell } from './historical-answer.ts';
import { judgeItem, type ReceivedItem, readHistoricalRequest, sentOnMsOf } from './historical-request.ts';
import { type CustomerRecord, type Memory, messageUuidOf } from './memory.ts';
import type { MessageEvents } from './message-events.ts';
import { createPlaceCheck } from './places.ts';
import { sentence } from './shapes.ts';
import type { SimulatorSettings } from './simulator.ts';
import type { Tally } from './tally.ts';

export interface HistoricalApiParts {
  readonly settings: SimulatorSettings;
  readonly memory: Memory;
  readonly plan: () => FaultPlan;
  readonly faults: Tally;
  readonly problems: Tally;
  readonly callbacks: Callbacks;
  readonly events: MessageEvents;
}

export interface HistoricalCounts {
  readonly accepted: number;
  readonly failed: number;
}

export interface HistoricalApi extends SpokenApi {
  counts(): HistoricalCounts;
}

export function createHistoricalApi(parts: HistoricalApiParts): HistoricalApi {
  const { settings, memory, plan, faults, problems, callbacks, events } = parts;
  const checkPlace = createPlaceCheck(settings);
  let accepted = 0;
  let failed = 0;

  function understand(body: Buffer, params: Readonly<Record<string, string>>): UnderstoodRequest {
    const customer = customerOf(params);
    const { departmentUuid, customerUuid } = customer;
    const items = readHistoricalRequest(body);
    const submitted = items.map(({ sourceUuid }) => ({
      sourceUuid,
      attempt: memory.noteSubmission(sourceUuid),
    }));
    return {
      target: { departmentUuid, customerUuid, items: submitted },
      admit() {
        checkPlace(departmentUuid, customerUuid);
        if (settings.maxItems !== null && items.length > settings.maxItems) {
          throw new BadRequest(413, 'TOO_MANY_ITEMS', 'the request holds too many messages');
        }
      },
      begin() {
        const itemFaults = strikeItems(customer, submitted);
        return () => ({ status: 200, document: process(customer, items, submitted, itemFaults) });
      },
    };
  }

  function customerOf({
    departmentUuid = '',
    customerUuid = '',
  }: Readonly<Record<string, string>>): CustomerRecord {
    return memory.customer(departmentUuid, customerUuid);
  }

  /** @throws {BadRequest} when an item is poisonous: nobody is told which. */
  function strikeItems(
    { departmentUuid, customerUuid }: CustomerRecord,
    submitted: readonly { sourceUuid: string; attempt: number }[],
  ): readonly (Fault | null)[] {
    const currentPlan = plan();
    if (!currentPlan.concernsItems) return [];
    const struck = submitted.map((item) =>
      currentPlan.strikeItem({ api: 'historical', departmentUuid, customerUuid, ...item }),
    );
    for (const fault of struck) if (fault) faults.add(fault.name);
    for (const fault of struck) {
      const does = effectOf(fault);
      if (typeof does === 'object' && does !== null) {
        throw new BadRequest(does.poison, 'REQUEST_REFUSED', 'the request cannot be processed');
      }
    }
    return struck;
  }

  function process(
    customer: CustomerRecord,
    items: readonly ReceivedItem[],
    submitted: readonly { readonly attempt: number }[],
    itemFaults: readonly (Fault | null)[],
  ): HistoricalAnswer {
    const answer = emptyAnswer();
    items.forEach((received, index) => {
      const { sourceUuid } = received;
      const errors = itemErrors(received);
      if (errors.length > 0) {
        failed++;
        answer.saveMessageResponse.push({ sourceUuid, errors });
        answer.failedSourceUuids.push(sourceUuid);
        return;
      }
      const fault = itemFaults[index] ?? null;
      const does = effectOf(fault);
      if (fault?.stores === false) failed++;
      else store(customer, received);
      if (fault?.stores !== false || does === 'fail-later') report(received, submitted[index]?.attempt ?? 1);
      tell(answer, sourceUuid, does);
    });
    return answer;
  }

  function store(customer: CustomerRecord, { sourceUuid, text, item }: ReceivedItem): void {
    accepted++;
    const { departmentUuid, customerUuid } = customer;
    const isUpdate = memory.isStored(sourceUuid);
    memory.store({ sourceUuid, customer, text, sentOnMs: sentOnMsOf(item) });
    events.emit({
      departmentUuid,
      customerUuid,
      messageUuid: messageUuidOf(sourceUuid),
      item,
      isUpdate,
    });
  }

  /** What is stored stays so, even if it was to fail when it came again. */
  function report({ sourceUuid, callbackUrl }: ReceivedItem, attempt: number): void {
    if (callbackUrl === null) return;
    const result = callbackOf(sourceUuid, memory.isStored(sourceUuid), attempt);
    callbacks.post('historicalCallbacks', callbackUrl, result, sourceUuid);
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

  return {
    api: 'historical',
    method: 'PUT',
    path: '/department/:departmentUuid/customer/:customerUuid/communication/historical',
    checkHead: createBasicAuthCheck(settings),
    customerOf,
    understand,
    counts: () => ({ accepted, failed }),
  };
}

function effectOf(fault: Fault | null): ItemEffect | null {
  return fault?.effect.strikes === 'item' ? fault.effect.does : null;
}
