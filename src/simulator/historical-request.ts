/** Reads the body of a save-historical-message request, and judges its items. */
import { isUtf8 } from 'node:buffer';
import { BadRequest } from './answers.ts';
import {
  HISTORICAL_ITEM,
  HISTORICAL_REQUEST,
  type HistoricalItem,
  missingParts,
} from './historical-contract.ts';
import { itemTexts } from './item-texts.ts';
import type { Problem } from './shapes.ts';

export interface ReceivedItem {
  readonly item: HistoricalItem;
  readonly sourceUuid: string;
  /** Exactly as received. */
  readonly text: Buffer;
}

/** @throws {BadRequest} 400 when the request as a whole is malformed, or an item has no sourceUuid to answer for it. */
export function readHistoricalRequest(body: Buffer): ReceivedItem[] {
  const document = parseJson(body);
  const problems: Problem[] = [];
  HISTORICAL_REQUEST(document, '', problems);
  const [problem] = problems;
  if (problem) throw new BadRequest(400, problem.code, sentence(problem));
  const items = (document as { saveMessageRequestList?: HistoricalItem[] }).saveMessageRequestList;
  if (!items?.length) throw new BadRequest(400, 'REQUIRED', 'saveMessageRequestList is missing or empty');
  const texts = itemTexts(body, 'saveMessageRequestList');
  return items.map((item, index) => {
    const { sourceUuid } = item;
    if (typeof sourceUuid !== 'string' || sourceUuid === '') {
      throw new BadRequest(400, 'REQUIRED', `saveMessageRequestList[${index}].sourceUuid is missing`);
    }
    return { item, sourceUuid, text: texts[index] as Buffer };
  });
}

/** Everything in which an item departs from the reference. */
export function judgeItem(item: HistoricalItem): Problem[] {
  const problems: Problem[] = [];
  HISTORICAL_ITEM(item, '', problems);
  return problems.length > 0 ? problems : missingParts(item);
}

/** When the message was sent, as far as the item says it. */
export function sentOnMsOf({ sentOn, receivedOn }: HistoricalItem): number | null {
  const atMs = Date.parse(sentOn ?? receivedOn ?? '');
  return Number.isNaN(atMs) ? null : atMs;
}

export function sentence({ path, problem }: Problem): string {
  return `${path === '' ? 'the document' : path} ${problem}`;
}

function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new BadRequest(400, 'NOT_UTF8', 'the body is not UTF-8');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's message quotes the body.
    throw new BadRequest(400, 'NOT_JSON', 'the body is not JSON');
  }
}
