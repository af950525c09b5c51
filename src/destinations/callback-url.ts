/**
 * Puts the URL of asynchronous results into items of history (`callBackPathUrl`, save-historical-message reference). It is
 * part of the frame, as the bytes between items are: what is staged stays as it is, whatever the URL is today. An item
 * whose mapping gave it a URL keeps that one.
 */

/** What makes an item of history carry the URL; `bytes` is what that adds to an item without one. */
export interface ItemCallback {
  readonly bytes: number;
  addTo(item: Buffer): Buffer;
}

const NAME = 'callBackPathUrl';
const CLOSING = Buffer.from('}');

/** @param url null for none */
export function historicalCallback(url: string | null): ItemCallback {
  if (url === null) return { bytes: 0, addTo: (item) => item };
  const member = Buffer.from(`,${JSON.stringify(NAME)}:${JSON.stringify(url)}`, 'utf8');
  return {
    bytes: member.length,
    // Items are objects that are never empty: their last character closes them.
    addTo: (item) =>
      hasOwnUrl(item) ? item : Buffer.concat([item.subarray(0, item.lastIndexOf('}')), member, CLOSING]),
  };
}

/** Parses only where the name occurs at all. */
function hasOwnUrl(item: Buffer): boolean {
  return item.includes(`"${NAME}"`) && Object.hasOwn(JSON.parse(item.toString('utf8')) as object, NAME);
}
