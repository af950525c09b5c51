/**
 * The request document of the save-historical-message reference, written down once more.
 *
 * This is a judge's copy: it shares nothing with `src/messages/`, so that a misreading of the reference there is caught
 * here instead of being repeated. The reference marks nothing in the document as required; what an import cannot do
 * without is in {@link missingParts}.
 */
import { anything, arrayOf, mapOf, oneOf, type Problem, type Shape, shapeOf } from './shapes.ts';

/** The closed lists of values, by field name. */
export const CODE_LISTS = {
  type: ['DRAFT', 'DISCARDED_DRAFT', 'OUTGOING', 'INCOMING', 'NOTE'],
  protocol: ['TEXT', 'EMAIL', 'VOICE_CALL', 'NONE'],
  purpose: words(`
  F OPTIN_APP OPTIN_REJ OPTIN_REQ OPTIN_ACT D PDINOTIFY INS_NOTIFY INSPECT_RESTORED TECH_INS_NOTIFY
  VWA_REGULAR_MANUAL VWA_TECH_MANUAL VWA_TECH_AUTO APPT_ESTIMATE_SIGN_REQUEST AUTORESPOND CONSENT
  TIRE_PROFILE_INSP TIRE_RECOMM_APPROVAL W P R S A CIWNotOp PR APR AUTOMATIC_PREQUALIFICATION AC AU AD V TF CF
  CWM AER ATR OOO_DELEGATION_DELEGATEE_NOTIFY DELEGATION_OOO_NOTE MANUAL_DELEGATION_NOTE
  MANUAL_DELEGATION_NOTIFICATION MESSAGE_SEND_FAILURE_NOTIFICATION UNASSIGNED_MESSAGE_NOTIFICATION
  AUTOCSI_FAILED_NOTIFICATION AUTOCSI_SENT_MANUALLY TIRE_RECOMMENDATION_MANUAL CUSTOMER_DOCUMENT_VERIFICATION
  PAYMENT_MANAGER_APPROVAL_PAYMENT_REQUEST PAYMENT_MANAGER_APPROVAL_NAME_MATCHING MDLCACT RECALL PDMSG NE
  APPNOTIFY MDLLACT DRIV_CALL PDM_CALL FDNOTIFY CARDDELETE WTNS FinInviteM FIN_ALERT PAY_RCPT REF_RCPT SCH_TXT
  CIWOptIn MDLLRSA MDLCWSA MDLCASA PDNOTIFY CASessStrt PDNOTES DRIV_SA DRIV_PDM ACNOT APP_NOTIF AUTH JAUTH
  LEAD_NOTIF CardSave_RCPT DO_VEH_OPT_ALERT OPT_OUT REF_REQ MPI_AUTO MPI_NOTIF MPI_MANUAL LEAD_NOTIF_MISSED WFR
  CUSTOMER_SENTIMENT_STATUS BDC_CALL_FORWARD FOLLOWUP THREE_D_S_APPROVAL THREE_D_S_APPROVAL_UNDO
  SIGNED_INVOICE_NOTIFICATION INCOMING_MESSAGE COMMUNICATION_PREFERENCE_CHANGE_NOTIFICATION UBER_RIDE_COMPLETION
  UBER_RIDE_CANCELLATION SHARED_RIDE_MESSAGE THREAD_OWNERSHIP_CHANGED_NOTIFICATION USER_ONBOARDING_INVITE
  OUT_OF_OFFICE_TURN_OFF_REMINDER RETRY_AUTORESPONDER DUE_FOLLOWUPS_NOTE DO_NEG_AMT_ALERT
  PAYMENT_FIRSTTIME_CUSTOMER OPB MBNOTES SIGNED_ESTIMATE_NOTIFICATION RSNOTES READY_TO_SEND_NOTIFICATION
  VOICEBOT_ASSIST VOICEBOT_ASSIST_BOOK_AN_APPOINTMENT_REPLY VOICEBOT_CALL_SUMMARY`),
  draftStatus: ['SCHEDULED', 'FAILED', 'DISCARDED', 'SENT', 'DRAFTED', 'QUEUED'],
  draftFailureReason: words(`
  MDL_EVENT_UNDER_TIME_LIMIT_REASON MIN_DELAY_FOR_CEP_NOT_PASSED_REASON UNCLOSED_RO_EXISTS_REASON
  TIME_NOT_CORRECT_FOR_SENDING_REASON MESSAGE_NOT_ALLOWED_FOR_LABEL PREFERRED_COMMUNICATION_NOT_FOUND
  NUMBER_OPTED_OUT NOT_OK_TO_EMAIL FAILED_AUTO_CSI_OLD_CLOSE_DATE USER_DOES_NOT_HAVE_AUTHORITY_TEXING_MANUAL
  USER_DOES_NOT_HAVE_AUTHORITY_TEXTING_AUTOMATIC OLD_INSPECTION DEALERSHIP_NOT_AUTHORIZED_TO_SEND_MESSAGE
  NO_CUSTOMER_FOUND INVALID_PHONE_NUMBER CUSTOMER_OPTED_OUT USER_DOES_NOT_HAVE_AUTHORITY_TO_SEND_MESSAGE
  FAILED_TO_SEND_TEXT NO_PHONE_NUMBER GENERIC_FAILURE_REASON NO_EMAIL_ID CANT_SEND_EMAIL_TO_THIS_CUSTOMER
  USER_DOES_NOT_HAVE_AUTHORITY_TO_EMAIL_MESSAGE USER_NOT_FOUND_OR_INVALID`),
  buttonTheme: ['PRIMARY', 'SECONDARY', 'TERTIARY', 'QUATERNARY'],
  tags: ['TRASH'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** One element of `saveMessageRequestList`. */
export const HISTORICAL_ITEM: Shape = shapeOf({
  sourceUuid: 'string',
  callBackPathUrl: 'string',
  sentOn: 'date-time',
  receivedOn: 'date-time',
  userUuid: 'string',
  messageUuid: 'string',
  communicationUid: 'string',
  messageAttributes: shapeOf({
    body: 'string',
    type: oneOf(CODE_LISTS.type),
    protocol: oneOf(CODE_LISTS.protocol),
    purpose: oneOf(CODE_LISTS.purpose),
    isManual: 'boolean',
    subject: 'string',
    metaData: mapOf('string'),
    tags: arrayOf(oneOf(CODE_LISTS.tags)),
    draftAttributes: shapeOf({
      draftStatus: oneOf(CODE_LISTS.draftStatus),
      scheduledOn: 'string',
      draftFailureReason: oneOf(CODE_LISTS.draftFailureReason),
    }),
    attachments: arrayOf(
      shapeOf({
        fileURL: 'string',
        attachmentExtension: 'string',
        mimeType: 'string',
        originalFileName: 'string',
        docSize: 'string',
        thumbnailURL: 'string',
        mediaPreviewURL: 'string',
      }),
    ),
    defaultReplyAction: 'string',
    updateThreadTimestamp: 'boolean',
    updateTotalMessageCount: 'boolean',
    showInCustomerConversation: 'boolean',
    messageTags: arrayOf(
      shapeOf({
        tagTypeUuid: 'string',
        referenceIdentifier: 'string',
        value: mapOf(anything),
        primaryAttribute: shapeOf({ value: 'string' }),
        secondaryAttributes: arrayOf(shapeOf({ value: 'string' })),
        parentTags: arrayOf(shapeOf({ tagTypeUuid: 'string', referenceIdentifier: 'string' })),
      }),
    ),
  }),
  notificationAttributes: shapeOf({
    internalSubscribersNotifierPop: 'boolean',
    externalSubscribersNotifierPop: 'boolean',
    threadOwnerNotifierPop: 'boolean',
    sendPhoneNotification: 'boolean',
    additionalNotifierNotificationDAUUIDs: arrayOf('string'),
    notificationButtons: arrayOf(
      shapeOf({
        buttonTextTranslationWidgetKey: 'string',
        buttonTextTranslationKey: 'string',
        buttonDefaultText: 'string',
        buttonTheme: oneOf(CODE_LISTS.buttonTheme),
        buttonActionEventData: mapOf('string'),
        isPrimaryButton: 'boolean',
      }),
    ),
  }),
  voiceCallAttributes: shapeOf({
    callingParty: 'string',
    party2: 'string',
    party1Prompt: 'string',
    party2prompt: 'string',
    callStatus: 'int64',
    callIdentifier: 'string',
    callDateTime: 'date-time',
    callBroker: 'string',
    recordingUrl: 'string',
    recordCall: 'boolean',
    transcribeCall: 'boolean',
    transcribeText: 'string',
  }),
});

/** The request document; its items are judged one by one with {@link HISTORICAL_ITEM}, since a bad one spoils no other. */
export const HISTORICAL_REQUEST: Shape = shapeOf({
  saveMessageRequestList: arrayOf(mapOf(anything)),
  callBackPathUrl: 'string',
});

/** The parts of an item that are looked at. Types are as the reference says once HISTORICAL_ITEM found no problem. */
export interface HistoricalItem {
  readonly sourceUuid?: string;
  readonly callBackPathUrl?: string;
  readonly sentOn?: string;
  readonly receivedOn?: string;
  readonly userUuid?: string;
  readonly communicationUid?: string;
  readonly messageAttributes?: {
    readonly type?: string;
    readonly protocol?: string;
    readonly body?: string;
    readonly purpose?: string;
    readonly isManual?: boolean;
    readonly subject?: string;
    readonly metaData?: Readonly<Record<string, string>>;
    readonly tags?: readonly string[];
    readonly attachments?: readonly Readonly<Record<string, string>>[];
    readonly messageTags?: readonly unknown[];
  };
  readonly voiceCallAttributes?: Readonly<Record<string, unknown>>;
}

/** What an item of the right shape lacks to be a message of somebody's history. */
export function missingParts(item: HistoricalItem): Problem[] {
  const attributes = item.messageAttributes ?? {};
  const missing: string[] = [];
  if (attributes.type === undefined) missing.push('messageAttributes.type');
  if (attributes.protocol === undefined) missing.push('messageAttributes.protocol');
  if (item.sentOn === undefined && item.receivedOn === undefined) missing.push('sentOn');
  const mayBeSilent = attributes.protocol === 'VOICE_CALL' || (attributes.attachments?.length ?? 0) > 0;
  if (!attributes.body && !mayBeSilent) missing.push('messageAttributes.body');
  return missing.map((path) => ({ path, code: 'REQUIRED', problem: 'is missing' }));
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
