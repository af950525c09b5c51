import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

export function page(path: string): Page {
  return { path, text: readFileSync(join(REPOSITORY, path), 'utf8') };
}

/** Every page of documentation that a reader may meet. */
export function pages(): Page[] {
  const docs = readdirSync(join(REPOSITORY, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...docs].map(page);
}

export interface Fence {
  readonly path: string;
  readonly language: string;
  readonly text: string;
}

/** Fenced blocks, their indentation taken away. */
export function fences({ path, text }: Page): Fence[] {
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = '', language = '', body = '']) => ({
      path,
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

/** The part of a page below a heading, up to the next one of the same depth. */
export function section({ text }: Page, heading: string): string | null {
  const start = text.indexOf(`\n${heading}\n`);
  if (start === -1) return null;
  const depth = heading.slice(0, heading.indexOf(' ') + 1);
  const end = text.indexOf(`\n${depth}`, start + heading.length);
  return text.slice(start, end === -1 ? undefined : end);
}
