/** Every answer that Kaleyra's send-text-messages reference documents, with its exact status and document. */

export interface KaleyraAnswer {
  readonly status: number;
  readonly document: {
    readonly code: string;
    readonly message: string;
    readonly data: unknown;
    readonly error: Readonly<Record<string, string>>;
  };
}

function refusal(
  status: number,
  code: string,
  message: string,
  key: string,
  { data = {}, detail = message }: { readonly data?: unknown; readonly detail?: string } = {},
): KaleyraAnswer {
  return { status, document: { code, message, data, error: { [key]: detail } } };
}

export const KALEYRA_REFUSALS = {
  /** Its `data` is an array, unlike all others'. */
  RBC001: refusal(401, 'RBC001', 'Incorrect SID or API key.', 'error', { data: [] }),
  WA401: refusal(
    401,
    'WA401',
    'Phone number is not present or does not belong to the account.',
    'phone_number',
  ),
  WA400: refusal(400, 'WA400', 'Refer to correct payload format', 'payload', {
    detail: 'Incorrect payload format',
  }),
  WA500: refusal(500, 'WA500', 'Please try again later', 'error', { detail: 'Internal server error' }),
  E110: refusal(400, 'E110', 'Please check your balance, You have a low balance!', 'balance'),
  WA_401_ACCOUNT: refusal(
    401,
    'WA-401',
    'API is not available for given customer.Please contact support for more info',
    'account',
  ),
  WA_401_VERSION: refusal(
    401,
    'WA-401',
    "The phone number you're using is associated with different Version of our WA API. Please use the appropriate endpoint.",
    'phone_number',
  ),
} as const satisfies Readonly<Record<string, KaleyraAnswer>>;

export function kaleyraAccepted(messageId: string): KaleyraAnswer {
  const document = { code: 'WA202', message: 'Request Accepted', data: { message_id: messageId }, error: {} };
  return { status: 202, document };
}

/** The success sample as it is printed in the reference: two commas are missing. */
export function acceptedAsPrinted(messageId: string): string {
  return `{
"code":"WA202"
"message":"Request Accepted",
"data":{
"message_id":"${messageId}"
}
"error":{}
}`;
}
