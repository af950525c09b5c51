/** A string, or one of the other tokens of JSON. One that is never closed ends with the text, or each of its quotes would begin another. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*(?:"|$)|[{}[\],:]|[^\s"{}[\],:]+/g;

/**
 * Parses JSON in which commas between values are missing, as in a sample that an API's reference prints. A comma
 * is only ever added where JSON allows nothing else: between the end of one value and the beginning of the next.
 *
 * @param parse how JSON is parsed
 * @throws {SyntaxError} when that does not make it JSON
 */
export function parseLenientJson(
  text: string,
  parse: (json: string) => unknown = (json) => JSON.parse(json),
): unknown {
  try {
    return parse(text);
  } catch {
    return parse(withCommas(text));
  }
}

function withCommas(text: string): string {
  let repaired = '';
  let copied = 0;
  let afterValue = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const beginsValue = !/^[}\],:]$/.test(token);
    if (afterValue && beginsValue) {
      repaired += `${text.slice(copied, index)},`;
      copied = index;
    }
    afterValue = !/^[{[,:]$/.test(token);
  }
  return repaired + text.slice(copied);
}
