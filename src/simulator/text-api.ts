/**
 * The send-text API: `POST /department/:departmentUUID/user/:userUuid/customer/:customerUuid/message`.
 *
 * Every accepted request is a text to somebody: there is no idempotency key, and nothing is recognised as sent before.
 */
import { hash } from 'node:crypto';
import { type AnswerError, answerError, BadRequest } from './answers.ts';
import type { Callbacks } from './callbacks.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { ItemEffect } from './faults.ts';
import type { SpokenApi, UnderstoodRequest } from './front-desk.ts';
import { createBasicAuthCheck } from './head-checks.ts';
import { readJson } from './json-body.ts';
import { type LiveMemory, type LiveMessage, textIdentity } from './live-memory.ts';
import type { CustomerRecord, Memory } from './memory.ts';
import type { MessageEvents } from './message-events.ts';
import { createPlaceCheck } from './places.ts';
import { sentence } from './shapes.ts';
import type { SimulatorSettings } from './simulator.ts';
import type { Tally } from './tally.ts';
import { judgeText, type TextRequest } from './text-contract.ts';

export interface TextApiParts {
  readonly settings: SimulatorSettings;
  readonly memory: Memory;
  readonly live: LiveMemory;
  readonly plan: () => FaultPlan;
  readonly faults: Tally;
  readonly callbacks: Callbacks;
  readonly events: MessageEvents;
  /** Wall-clock time. */
  readonly nowMs: () => number;
}

/** The answer of the reference. */
interface TextAnswer {
  readonly customerUUID: string;
  readonly messageUUID?: string;
  readonly requestUUID: string;
  readonly status: 'SUCCESS' | 'FAILED';
  readonly metaData: Readonly<Record<string, string>>;
  readonly errors: readonly AnswerError[];
  readonly warnings: readonly unknown[];
}

interface Submission {
  readonly message: LiveMessage;
  readonly identity: string;
  readonly attempt: number;
  readonly userUuid: string;
  readonly request: TextRequest;
}

export function createTextApi(parts: TextApiParts): SpokenApi {
  const { settings, memory, live, plan, faults, callbacks, events, nowMs } = parts;
  const checkPlace = createPlaceCheck(settings);

  function understand(body: Buffer, params: Readonly<Record<string, string>>): UnderstoodRequest {
    const { departmentUuid, customerUuid } = customerOf(params);
    const request = readTextRequest(body, customerUuid);
    const { backhaulSourceUuid = null } = request.messageSendingAttributes?.callbackMetaData ?? {};
    const message: LiveMessage = {
      api: 'text',
      departmentUuid,
      customerUuid,
      sourceUuid: backhaulSourceUuid,
      body: request.messageAttributes.body,
    };
    const identity = textIdentity(message);
    const attempt = live.noteSubmission(identity);
    const target = { sourceUuid: backhaulSourceUuid ?? identity, attempt };
    return {
      target: { departmentUuid, customerUuid, items: [target] },
      admit: () => checkPlace(departmentUuid, customerUuid),
      begin() {
        const fault = plan().strikeItem({ api: 'text', departmentUuid, customerUuid, ...target });
        if (fault) faults.add(fault.name);
        const does = fault?.effect.strikes === 'item' ? fault.effect.does : null;
        const submission = { message, identity, attempt, userUuid: params.userUuid ?? '', request };
        return () => ({ status: 200, document: process(submission, does) });
      },
    };
  }

  function customerOf({
    departmentUuid = '',
    customerUuid = '',
  }: Readonly<Record<string, string>>): CustomerRecord {
    return memory.customer(departmentUuid, customerUuid);
  }

  function process(submission: Submission, does: ItemEffect | null): TextAnswer {
    const { message, identity, attempt } = submission;
    const requestUUID = opaque('request', identity, attempt);
    const refused = does === 'refuse' || does === 'contradict-error';
    const errors = refused
      ? [answerError('SIMULATED_REFUSAL', 'this text is refused on purpose', requestUUID)]
      : [];
    const answer: TextAnswer = {
      customerUUID: message.customerUuid,
      ...(refused ? {} : { messageUUID: opaque('message', identity, attempt) }),
      requestUUID,
      status: does === 'refuse' ? 'FAILED' : 'SUCCESS',
      metaData: {},
      errors,
      warnings:
        does === 'warn'
          ? [{ warningCode: 'SIMULATED_WARNING', warningDescription: 'accepted with a doubt' }]
          : [],
    };
    if (!refused) {
      if (does !== 'fail-later') deliver(submission, answer);
      report(submission, answer, does !== 'fail-later');
    }
    return answer;
  }

  function deliver({ message, identity, userUuid, request }: Submission, { messageUUID }: TextAnswer): void {
    live.deliver(identity, message);
    const { departmentUuid, customerUuid } = message;
    const sentOn = new Date(nowMs()).toISOString();
    events.emit({
      departmentUuid,
      customerUuid,
      messageUuid: messageUUID ?? '',
      item: { userUuid, sentOn, receivedOn: sentOn, messageAttributes: request.messageAttributes },
      toNumber: request.messageSendingAttributes?.communicationValueOfCustomer ?? null,
      isUpdate: false,
    });
  }

  /** The status callback, of texts that are sent asynchronously. Its shape is not published: assumed. */
  function report({ request }: Submission, answer: TextAnswer, isSent: boolean): void {
    const { callbackURL, callbackMetaData = {}, sendSynchronously } = request.messageSendingAttributes ?? {};
    if (callbackURL === undefined || sendSynchronously === true) return;
    const { requestUUID, messageUUID, customerUUID } = answer;
    const failure = answerError('SIMULATED_FAILURE', 'this text could not be sent', requestUUID);
    const result = {
      requestUUID,
      messageUUID,
      customerUUID,
      status: isSent ? 'SUCCESS' : 'FAILED',
      errors: isSent ? [] : [failure],
      callbackMetaData,
    };
    callbacks.post('textCallbacks', callbackURL, result, requestUUID);
  }

  return {
    api: 'text',
    method: 'POST',
    path: '/department/:departmentUuid/user/:userUuid/customer/:customerUuid/message',
    checkHead: createBasicAuthCheck(settings),
    customerOf,
    understand,
  };
}

/** @throws {BadRequest} 400 with an answer of the reference's shape that lists everything that is wrong. */
function readTextRequest(body: Buffer, customerUUID: string): TextRequest {
  const { document, problems } = readJson(body, judgeText);
  const [first] = problems;
  if (first === undefined) return document as TextRequest;
  const requestUUID = opaque('request', body.toString('latin1'));
  const answer: TextAnswer = {
    customerUUID,
    requestUUID,
    status: 'FAILED',
    metaData: {},
    errors: problems.map((problem) =>
      answerError(problem.code, sentence(problem), `${requestUUID} ${problem.path}`),
    ),
    warnings: [],
  };
  throw new BadRequest(400, first.code, sentence(first), {}, answer);
}

/** An identifier as the API makes them: 43 characters. */
function opaque(...about: readonly (string | number)[]): string {
  return hash('sha256', JSON.stringify(about), 'base64url');
}
