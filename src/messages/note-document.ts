/**
 * The JSON document that the target's internal notes carry as their body. `previewText` is the whole text: no length is
 * published for it.
 */
export function noteDocument(text: string): string {
  return JSON.stringify({
    text: [{ type: { code: 'PLAIN_TEXT', value: 'text/plain' }, value: text }],
    version: 0,
    previewText: text,
    annotations: [],
  });
}
