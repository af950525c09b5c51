/** Takes deliveries out of an archive. */
import { byteLines } from '../byte-lines.ts';
import { type ArchivedDelivery, bodyBytes, readArchivedDelivery } from './archived-delivery.ts';

const BLANK_LINE = Buffer.from('\n');

/** Tells whom a delivery is about. */
export interface TheirDeliveries {
  /** Whether a line, or the body in it, names them. */
  names(bytes: Uint8Array): boolean;
  /** Whether a delivery that does not name them is about them all the same; null where that need not be asked. */
  readonly isAbout: ((delivery: ArchivedDelivery) => boolean) | null;
}

/**
 * The archive without the deliveries that are about them. A blank line stands where one stood, so that every other
 * delivery keeps its line, by which the ledger and reports name it; readers pass over blank lines.
 *
 * @param onErased once for each delivery that is left out.
 */
export async function* withoutDeliveries(
  archive: AsyncIterable<Buffer>,
  theirs: TheirDeliveries,
  onErased: () => void,
): AsyncGenerator<Buffer> {
  for await (const line of byteLines(archive, { quoted: false })) {
    if (theirs.names(line) || isTheirs(line, theirs)) {
      onErased();
      yield BLANK_LINE;
    } else yield line;
  }
}

function isTheirs(line: Buffer, { names, isAbout }: TheirDeliveries): boolean {
  // A body that is not UTF-8 stands in its line as Base64.
  const isHidden = line.includes('"bodyBase64"');
  if (!isHidden && isAbout === null) return false;
  const delivery = readArchivedDelivery(line.toString());
  if (delivery === null) return false;
  return (isHidden && names(bodyBytes(delivery))) || isAbout?.(delivery) === true;
}
