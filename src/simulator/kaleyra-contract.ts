/**
 * The request document of Kaleyra's send-text-messages reference. A judge's copy, as `historical-contract.ts` is.
 *
 * `preview_url` is a boolean in the reference's table and a string in its samples: both are taken.
 */
import { misfits, oneOf, type Problem, type Shape, shapeOf } from './shapes.ts';

/** UTF-16 units; the reference says characters. */
const MAX_BODY_LENGTH = 4_096;
const MAX_REF_LENGTH = 255;

const WA_SOURCES: ReadonlySet<string> = new Set(
  'api clevertap zoho webengage shopify leadsquared responsys braze hubspot salesforce zapier eloqua moengage'.split(
    ' ',
  ),
);

const previewUrl: Shape = (value, path, problems) => {
  if (typeof value === 'boolean' || value === 'true' || value === 'false') return;
  problems.push({ path, code: 'NOT_A_BOOLEAN', problem: 'must be "true" or "false"' });
};

const KALEYRA_REQUEST: Shape = shapeOf({
  messaging_object: shapeOf({
    messaging_product: oneOf(['whatsapp']),
    recipient_type: oneOf(['individual']),
    to: 'string',
    type: oneOf(['text']),
    text: shapeOf({ preview_url: previewUrl, body: 'string' }),
  }),
  extra_info: shapeOf({ ref: 'string', ref1: 'string', ref2: 'string', wa_source: 'string' }),
});

/** What a document is once {@link judgeWhatsApp} found nothing wrong. */
export interface KaleyraRequest {
  readonly messaging_object: {
    readonly messaging_product: string;
    readonly to: string;
    readonly text: { readonly body: string };
  };
  readonly extra_info?: {
    readonly ref?: string;
    readonly ref1?: string;
    readonly ref2?: string;
    readonly wa_source?: string;
  };
}

/** Everything in which a document departs from the reference. */
export function judgeWhatsApp(document: unknown): Problem[] {
  const problems = misfits(document, KALEYRA_REQUEST);
  return problems.length > 0 ? problems : kaleyraProblems(document as Partial<KaleyraRequest>);
}

function kaleyraProblems({ messaging_object }: Partial<KaleyraRequest>): Problem[] {
  const message: Partial<KaleyraRequest['messaging_object']> = messaging_object ?? {};
  const problems: Problem[] = [];
  const found = (path: string, code: string, problem: string) => problems.push({ path, code, problem });
  if (!message.messaging_product) found('messaging_object.messaging_product', 'REQUIRED', 'is missing');
  if (!message.to) found('messaging_object.to', 'REQUIRED', 'is missing');
  else if (!recipientsOf(message.to).every(isE164))
    found('messaging_object.to', 'NOT_A_PHONE', 'must be E.164');
  const body = message.text?.body;
  if (!body) found('messaging_object.text.body', 'REQUIRED', 'is missing');
  else if (body.length > MAX_BODY_LENGTH) found('messaging_object.text.body', 'TOO_LONG', 'is too long');
  return problems;
}

/** What is accepted, but not as it was sent: longer refs are cut, other sources become `api`. */
export function kaleyraAlterations({ extra_info: { wa_source, ...refs } = {} }: KaleyraRequest): string[] {
  const altered: string[] = [];
  for (const ref of Object.values(refs)) if (ref.length > MAX_REF_LENGTH) altered.push('REF_CUT');
  if (wa_source !== undefined && !WA_SOURCES.has(wa_source)) altered.push('WA_SOURCE_OVERRIDDEN');
  return altered;
}

/** Several are separated by commas; samples have them with a plus sign and without. */
export function recipientsOf(to: string): string[] {
  return to.split(',');
}

export function isE164(text: string): boolean {
  return /^\+?[1-9]\d{6,14}$/.test(text);
}
