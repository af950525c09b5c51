/**
 * Kaleyra's WhatsApp API: `POST /v2/:SID/whatsapp/:phone_number/messages`, header `api-key`.
 *
 * Only answers that the reference documents are given, size and rate aside. Every accepted request is a message to somebody.
 */
import { hash } from 'node:crypto';
import { BadRequest } from './answers.ts';
import type { SpokenApi, UnderstoodRequest } from './front-desk.ts';
import { isJson, isPlain } from './head-checks.ts';
import { readJson } from './json-body.ts';
import { KALEYRA_REFUSALS, type KaleyraAnswer, kaleyraAccepted } from './kaleyra-answers.ts';
import {
  isE164,
  judgeWhatsApp,
  type KaleyraRequest,
  kaleyraAlterations,
  recipientsOf,
} from './kaleyra-contract.ts';
import { type LiveMemory, type LiveMessage, whatsAppIdentity } from './live-memory.ts';
import type { Exchange } from './router.ts';
import { sentence } from './shapes.ts';
import type { SimulatorSettings } from './simulator.ts';
import type { Tally } from './tally.ts';

export interface KaleyraApiParts {
  readonly settings: SimulatorSettings;
  readonly live: LiveMemory;
  readonly problems: Tally;
}

export function createKaleyraApi({ settings, live, problems }: KaleyraApiParts): SpokenApi {
  function checkHead(exchange: Exchange): void {
    if (exchange.request.headers['api-key'] !== settings.kaleyraApiKey) {
      throw refuse(KALEYRA_REFUSALS.RBC001);
    }
    if (!isJson(exchange)) throw refuse(KALEYRA_REFUSALS.WA400, 'CONTENT_TYPE');
    if (!isPlain(exchange)) throw refuse(KALEYRA_REFUSALS.WA400, 'CONTENT_ENCODING');
  }

  function understand(body: Buffer, params: Exchange['params']): UnderstoodRequest {
    const { sid = '', phone = '' } = params;
    if (!isE164(phone)) throw refuse(KALEYRA_REFUSALS.WA401);
    const request = readKaleyraRequest(body);
    const { ref, ref1, ref2 } = request.extra_info ?? {};
    const messages = recipientsOf(request.messaging_object.to).map((recipient): LiveMessage => {
      return {
        api: 'kaleyra',
        departmentUuid: sid,
        customerUuid: recipient.replace('+', ''),
        sourceUuid: ref ?? null,
        body: request.messaging_object.text.body,
      };
    });
    const identities = messages.map((message) => whatsAppIdentity(message, [ref, ref1, ref2]));
    const items = identities.map((identity) => ({
      sourceUuid: ref ?? identity,
      attempt: live.noteSubmission(identity),
    }));
    return {
      target: { departmentUuid: sid, customerUuid: messages[0]?.customerUuid ?? '', items },
      customers: new Set(messages.map(({ customerUuid }) => live.recipient(sid, customerUuid))),
      begin: () => () => {
        for (const alteration of kaleyraAlterations(request)) problems.add(alteration);
        messages.forEach((message, index) => {
          live.deliver(identities[index] as string, message);
        });
        return kaleyraAccepted(messageIdOf(identities, items[0]?.attempt ?? 1));
      },
    };
  }

  return {
    api: 'kaleyra',
    method: 'POST',
    path: '/v2/:sid/whatsapp/:phone/messages',
    checkHead,
    understand,
  };
}

/** @throws {BadRequest} with WA400, which does not tell what is wrong; the simulator's own counts do. */
function readKaleyraRequest(body: Buffer): KaleyraRequest {
  const { document, problems } = readJson(body, judgeWhatsApp);
  const [problem] = problems;
  if (problem) throw refuse(KALEYRA_REFUSALS.WA400, problem.code, sentence(problem));
  return document as KaleyraRequest;
}

/** @param code under which the simulator counts it. */
function refuse(
  { status, document }: KaleyraAnswer,
  code: string = document.code,
  message: string = document.message,
): BadRequest {
  return new BadRequest(status, code, message, {}, document);
}

/** Twenty characters, as the sample has them; a new one for every request. */
function messageIdOf(identities: readonly string[], attempt: number): string {
  const digest = hash('sha256', JSON.stringify([identities, attempt]), 'hex');
  return `A${digest.slice(0, 19).toUpperCase()}`;
}
