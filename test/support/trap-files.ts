/** Writing export files as other programs write them, noting the line on which each record begins. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Fate, TrapFile, TrapRecord } from './trap-export.ts';

/** One record's text without its line end, exactly as it is to stand in the file. */
export interface TextRecord {
  readonly text: string;
  /** Undefined for text that is no record: a header, a blank line. */
  readonly fate?: Fate;
}

export type Encoding = 'utf-8' | 'utf-8-bom' | 'utf-16le-bom' | 'windows-1252';

export interface TextFormat {
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly encoding: Encoding;
  /** Default: true. */
  readonly finalLineEnd?: boolean;
}

/** @param name decides the compression: `.gz`, `.zst` or none. */
export function textFile(name: string, parts: readonly TextRecord[], format: TextFormat): TrapFile {
  const { lineEnd, encoding, finalLineEnd = true } = format;
  const records: TrapRecord[] = [];
  let line = 1;
  for (const { text, fate } of parts) {
    if (fate !== undefined) records.push({ line, fate });
    line += lineEndsIn(text) + 1;
  }
  const text = parts.map((part) => part.text).join(lineEnd) + (finalLineEnd ? lineEnd : '');
  return { name, content: compressed(name, encoded(text, encoding)), records };
}

/** CRLF is one. */
function lineEndsIn(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}

function compressed(name: string, content: Buffer): Buffer {
  if (name.endsWith('.gz')) return gzipSync(content);
  return name.endsWith('.zst') ? zstdCompressSync(content) : content;
}

/** Stands for bytes that are no text in the file's encoding. */
export const UNDECODABLE = '\uF8FF';

function encoded(text: string, encoding: Encoding): Buffer {
  switch (encoding) {
    case 'utf-8':
      return withBadBytes(Buffer.from(text, 'utf8'));
    case 'utf-8-bom':
      return withBadBytes(Buffer.from(`\uFEFF${text}`, 'utf8'));
    case 'utf-16le-bom':
      return Buffer.from(`\uFEFF${text.replaceAll(UNDECODABLE, '\uD800')}`, 'utf16le');
    case 'windows-1252':
      return Buffer.from(Array.from(text, (character) => windows1252(character)));
  }
}

function withBadBytes(utf8: Buffer): Buffer {
  const placeholder = Buffer.from(UNDECODABLE, 'utf8').toString('latin1');
  return Buffer.from(utf8.toString('latin1').replaceAll(placeholder, '\xFF'), 'latin1');
}

/** The characters of windows-1252 that are not where Latin-1 has them, as far as exports of ours use them. */
const WINDOWS_1252 = new Map([
  ['€', 0x80],
  ['…', 0x85],
  ['‘', 0x91],
  ['’', 0x92],
  ['“', 0x93],
  ['”', 0x94],
  ['–', 0x96],
  ['™', 0x99],
  ['œ', 0x9c],
]);

function windows1252(character: string): number {
  const code = WINDOWS_1252.get(character) ?? character.charCodeAt(0);
  if (code > 0xff || character.length !== 1) throw new Error('not a character of windows-1252');
  return code;
}

/** A row of cells; those that need it are quoted. */
export function csvRow(cells: readonly string[], delimiter: string): string {
  return cells
    .map((cell) =>
      cell.includes(delimiter) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
    )
    .join(delimiter);
}
