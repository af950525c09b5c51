/** Reads the body of a save-historical-message request, and judges its items. */
import { BadRequest } from './answers.ts';
import {
  HISTORICAL_ITEM,
  HISTORICAL_REQUEST,
  type HistoricalItem,
  missingParts,
} from './historical-contract.ts';
import { itemTexts } from './item-texts.ts';
import { readJson } from './json-body.ts';
import { misfits, type Problem, sentence } from './shapes.ts';

interface HistoricalDocument {
  readonly saveMessageRequestList?: HistoricalItem[];
  readonly callBackPathUrl?: string;
}

export interface ReceivedItem {
  readonly item: HistoricalItem;
  readonly sourceUuid: string;
  /** Exactly as received. */
  readonly text: Buffer;
  /** Where the asynchronous result is wanted: the item's own, else the request's; null for nowhere. */
  readonly callbackUrl: string | null;
}

/** @throws {BadRequest} 400 when the request as a whole is malformed, or an item has no sourceUuid to answer for it. */
export function readHistoricalRequest(body: Buffer): ReceivedItem[] {
  const { document, problems } = readJson(body, (value) => misfits(value, HISTORICAL_REQUEST));
  const [problem] = problems;
  if (problem) throw new BadRequest(400, problem.code, sentence(problem));
  const { saveMessageRequestList: items, callBackPathUrl } = document as HistoricalDocument;
  if (!items?.length) throw new BadRequest(400, 'REQUIRED', 'saveMessageRequestList is missing or empty');
  const texts = itemTexts(body, 'saveMessageRequestList');
  return items.map((item, index) => {
    const { sourceUuid } = item;
    if (typeof sourceUuid !== 'string' || sourceUuid === '') {
      throw new BadRequest(400, 'REQUIRED', `saveMessageRequestList[${index}].sourceUuid is missing`);
    }
    const callbackUrl = item.callBackPathUrl ?? callBackPathUrl ?? null;
    return { item, sourceUuid, text: texts[index] as Buffer, callbackUrl };
  });
}

/** Everything in which an item departs from the reference. */
export function judgeItem(item: HistoricalItem): Problem[] {
  const problems = misfits(item, HISTORICAL_ITEM);
  return problems.length > 0 ? problems : missingParts(item);
}

/** When the message was sent, as far as the item says it. */
export function sentOnMsOf({ sentOn, receivedOn }: HistoricalItem): number | null {
  const atMs = Date.parse(sentOn ?? receivedOn ?? '');
  return Number.isNaN(atMs) ? null : atMs;
}
