/**
 * The request document of the send-text reference. A judge's copy, as `historical-contract.ts` is. The reference marks
 * what is optional; the rest is required.
 */
import { mapOf, misfits, oneOf, type Problem, type Shape, shapeOf } from './shapes.ts';

const TEXT_REQUEST: Shape = shapeOf({
  messageAttributes: shapeOf({
    body: 'string',
    isManual: 'boolean',
    protocol: oneOf(['TEXT']),
    type: oneOf(['OUTGOING']),
  }),
  messageSendingAttributes: shapeOf({
    communicationValueOfCustomer: 'string',
    sendSynchronously: 'boolean',
    callbackURL: 'string',
    callbackMetaData: mapOf('string'),
    addTCPAFooter: 'boolean',
    addSignature: 'boolean',
    addFooter: 'boolean',
    // The reference lists addFooter twice; its sample has this in place of the second.
    sendVCard: 'boolean',
  }),
});

/** What a document is once {@link judgeText} found nothing wrong. */
export interface TextRequest {
  readonly messageAttributes: {
    readonly body: string;
    readonly isManual: boolean;
    readonly protocol: string;
    readonly type: string;
  };
  readonly messageSendingAttributes?: {
    readonly communicationValueOfCustomer?: string;
    readonly sendSynchronously?: boolean;
    readonly callbackURL?: string;
    readonly callbackMetaData?: Readonly<Record<string, string>>;
  };
}

/** Everything in which a document departs from the reference. */
export function judgeText(document: unknown): Problem[] {
  const problems = misfits(document, TEXT_REQUEST);
  return problems.length > 0 ? problems : textProblems(document as Partial<TextRequest>);
}

function textProblems(document: Partial<TextRequest>): Problem[] {
  const attributes: Partial<TextRequest['messageAttributes']> = document.messageAttributes ?? {};
  const problems: Problem[] = (['body', 'isManual', 'protocol', 'type'] as const)
    .filter((name) => attributes[name] === undefined || attributes[name] === '')
    .map((name) => ({ path: `messageAttributes.${name}`, code: 'REQUIRED', problem: 'is missing' }));
  const phone = document.messageSendingAttributes?.communicationValueOfCustomer;
  if (phone !== undefined && !isPhone(phone)) {
    const path = 'messageSendingAttributes.communicationValueOfCustomer';
    problems.push({ path, code: 'NOT_A_PHONE', problem: 'must be a phone number' });
  }
  return problems;
}

/** How the reference wants numbers written is not said: seven to fifteen digits, and what people put between them. */
function isPhone(text: string): boolean {
  const digits = text.replace(/\D/g, '').length;
  return /^\+?[\d ().-]+$/.test(text) && digits >= 7 && digits <= 15;
}
