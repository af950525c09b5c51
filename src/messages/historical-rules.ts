/** What a historical message must fulfil beyond the shape of its fields. */
import { Temporal } from 'temporal-polyfill';
import type { FieldError } from '../errors.ts';
import { required } from './field-errors.ts';

export interface MessageRulesContext {
  /** Wall-clock time, Unix epoch milliseconds: tells whether `scheduledOn` lies in the future. */
  readonly nowMs: number;
  /** Lets drafts through that the target may still send. */
  readonly allowScheduledDrafts: boolean;
}

/** As much of an item as the rules look at; its fields may be absent or of any type. */
export interface RuledItem {
  readonly sentOn?: unknown;
  readonly receivedOn?: unknown;
  readonly messageAttributes?: {
    readonly body?: unknown;
    readonly protocol?: unknown;
    readonly attachments?: unknown;
    readonly draftAttributes?: { readonly draftStatus?: unknown; readonly scheduledOn?: unknown };
  };
}

/**
 * Holds an item against the rules that concern more than one field: a time, a body unless the message is a call or has
 * attachments, and no draft that could still reach a living person.
 */
export function messageRuleErrors(item: RuledItem, context: MessageRulesContext): FieldError[] {
  const errors: FieldError[] = [];
  const attributes = item.messageAttributes ?? {};
  if (item.sentOn === undefined && item.receivedOn === undefined) {
    errors.push(
      required('sentOn', 'Map sentOn or receivedOn to a column that holds the time of the message.'),
    );
  }
  if (isEmpty(attributes.body) && attributes.protocol !== 'VOICE_CALL' && isEmpty(attributes.attachments)) {
    errors.push(
      required(
        'messageAttributes.body',
        'Only calls and messages with attachments may have no body: fill it, or skip such records.',
      ),
    );
  }
  const draft = attributes.draftAttributes;
  if (draft && !context.allowScheduledDrafts) errors.push(...liveDraftErrors(draft, context.nowMs));
  return errors;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

const LIVE_STATUSES: ReadonlySet<unknown> = new Set(['SCHEDULED', 'QUEUED']);

function liveDraftErrors(
  draft: { readonly draftStatus?: unknown; readonly scheduledOn?: unknown },
  nowMs: number,
): FieldError[] {
  const errors: FieldError[] = [];
  if (LIVE_STATUSES.has(draft.draftStatus)) {
    errors.push(liveDraft('draftStatus', 'a draft with this status may still be sent to a person'));
  }
  if (draft.scheduledOn !== undefined) {
    const scheduledMs = instantMs(draft.scheduledOn);
    if (scheduledMs === null) {
      errors.push(liveDraft('scheduledOn', 'it cannot be told whether this time lies in the future'));
    } else if (scheduledMs > nowMs) {
      errors.push(liveDraft('scheduledOn', 'a draft scheduled for the future may be sent to a person'));
    }
  }
  return errors;
}

function liveDraft(name: string, message: string): FieldError {
  return {
    field: `messageAttributes.draftAttributes.${name}`,
    code: 'LIVE_DRAFT',
    message,
    fix: 'Skip such records, map the field to something else, or set destination.allowScheduledDrafts to true.',
  };
}

function instantMs(text: unknown): number | null {
  if (typeof text !== 'string') return null;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null;
  }
}
