/**
 * Kaleyra, send a WhatsApp text (Kaleyra's send-text-messages reference): a live send, one message to one recipient
 * per request, `POST {baseUrl}/v2/{SID}/whatsapp/{sender}/messages`, header `api-key`.
 *
 * There is no idempotency key: what may have been taken is never sent again.
 */
import type { HttpDestination } from './destination.ts';
import { createHttpDestination, onlyMessage, type TransportOptions, urlsBelow } from './http-destination.ts';
import { readKaleyraAnswer } from './read-kaleyra-answer.ts';

export interface KaleyraWhatsappOptions extends TransportOptions {
  readonly sid: string;
  /** The number that messages come from, E.164. */
  readonly sender: string;
  readonly apiKey: string;
  readonly maxBatchBytes: number;
}

/** One message's answer is a few hundred bytes. */
const MAX_ANSWER_BYTES = 1_000_000;

/** @param options.baseUrl e.g. `https://api.in.kaleyra.io` */
export function createKaleyraWhatsapp(options: KaleyraWhatsappOptions): HttpDestination {
  const { baseUrl, sid, sender, apiKey, maxBatchBytes } = options;
  const url = urlsBelow(baseUrl)('v2', sid, 'whatsapp', sender, 'messages');
  return createHttpDestination(options, {
    type: 'kaleyra-whatsapp',
    limits: { maxMessagesPerRequest: 1, maxBytesPerRequest: maxBatchBytes, resendIsSafe: false },
    framing: { requestBytes: 0, perMessageBytes: 0 },
    headers: { 'api-key': apiKey },
    maxAnswerBytes: MAX_ANSWER_BYTES,
    requestOf: (batch) => ({ method: 'POST', url, body: onlyMessage(batch).item }),
    read: readKaleyraAnswer,
  });
}
