/**
 * Puts the URL of asynchronous results into items of history (`callBackPathUrl`, save-historical-message reference). It is
 * part of the frame, as the bytes between items are: what is staged stays as it is, whatever the URL is today. An item
 * whose mapping gave it a URL keeps that one.
 */

/** What makes an item of history carry the URL; `bytes` is what that adds to an item without one. */
export interface ItemCallback {
  readonly bytes: number;
  addTo(itemJson: string): string;
}

const NAME = 'callBackPathUrl';

/** @param url null for none */
export function historicalCallback(url: string | null): ItemCallback {
  if (url === null) return { bytes: 0, addTo: (itemJson) => itemJson };
  const member = `,${JSON.stringify(NAME)}:${JSON.stringify(url)}`;
  return {
    bytes: Buffer.byteLength(member, 'utf8'),
    // Items are objects that are never empty: their last character closes them.
    addTo: (itemJson) =>
      hasOwnUrl(itemJson) ? itemJson : `${itemJson.slice(0, itemJson.lastIndexOf('}'))}${member}}`,
  };
}

/** Parses only where the name occurs at all. */
function hasOwnUrl(itemJson: string): boolean {
  return itemJson.includes(`"${NAME}"`) && Object.hasOwn(JSON.parse(itemJson) as object, NAME);
}
