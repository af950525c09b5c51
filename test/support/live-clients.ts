/** Speak to a simulator as clients of the live APIs would, over real HTTP. */
import type { Simulator } from '../../src/simulator/simulator.ts';
import { SIMULATOR_AUTHORIZATION } from './simulator-client.ts';

export interface LiveSendOptions {
  readonly department?: string;
  readonly user?: string;
  readonly customer?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the document. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
}

/** The least that is a valid text. */
export function textRequest(
  body = 'Your car is ready.',
  sending?: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    messageAttributes: { body, isManual: true, protocol: 'TEXT', type: 'OUTGOING' },
    ...(sending === undefined ? {} : { messageSendingAttributes: sending }),
  };
}

/** The answer of the send-text reference. */
export interface TextAnswer {
  readonly customerUUID: string;
  readonly messageUUID?: string;
  readonly requestUUID: string;
  readonly status: string;
  readonly metaData: Readonly<Record<string, string>>;
  readonly errors: readonly { readonly errorCode: string; readonly errorDescription: string }[];
  readonly warnings: readonly { readonly warningCode: string }[];
}

export function sendTextRequest(
  { baseUrl }: Simulator,
  document: unknown,
  options: LiveSendOptions = {},
): Promise<Response> {
  const { department = 'dept', user = 'user-1', customer = 'cust' } = options;
  return post(
    `${baseUrl}/department/${encodeURIComponent(department)}/user/${encodeURIComponent(user)}/customer/${encodeURIComponent(customer)}/message`,
    { authorization: SIMULATOR_AUTHORIZATION },
    document,
    options,
  );
}

/** The least that is a valid WhatsApp message; parts of `message` and `text` that are undefined are left out. */
export function whatsAppRequest(
  message: Readonly<Record<string, unknown>> = {},
  extraInfo?: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    messaging_object: {
      messaging_product: 'whatsapp',
      to: '+13105550123',
      text: { body: 'Your car is ready.' },
      ...message,
    },
    ...(extraInfo === undefined ? {} : { extra_info: extraInfo }),
  };
}

export const KALEYRA_SENDER = '+13105550100';

export function sendWhatsApp(
  { origin }: Simulator,
  document: unknown,
  options: LiveSendOptions & { readonly sender?: string } = {},
): Promise<Response> {
  const sender = encodeURIComponent(options.sender ?? KALEYRA_SENDER);
  return post(
    `${origin}/v2/HXAP16SIMULATED/whatsapp/${sender}/messages`,
    { 'api-key': 'simulator' },
    document,
    options,
  );
}

function post(
  url: string,
  credentials: Readonly<Record<string, string>>,
  document: unknown,
  { method = 'POST', headers, body, signal }: LiveSendOptions,
): Promise<Response> {
  return fetch(url, {
    method,
    headers: { ...credentials, 'content-type': 'application/json', ...headers },
    body: body ?? JSON.stringify(document),
    redirect: 'manual',
    signal: signal ?? null,
  });
}
