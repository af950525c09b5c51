/** Colour where a person's terminal shows it: never in pipes and files, nor when NO_COLOR is set. */
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
export type Paint = (style: Style, text: string) => string;

export const unpainted: Paint = (_style, text) => text;

export function paintFor(stream: Writable): Paint {
  return (style, text) => styleText(style, text, { stream });
}
