/** What the files of a build consist of. In a bundle every module stands below a comment with its path. */
import { readFileSync } from 'node:fs';

/** The file itself and what was put into it, as paths. */
export function modulesIn(file: string): readonly string[] {
  const bundled = readFileSync(file, 'utf8').matchAll(/^\/\/ (\S+)$/gm);
  return [file, ...Array.from(bundled, ([, path = '']) => path)];
}

/** The names of the packages that these modules belong to, in order. */
export function packagesOf(modules: readonly string[]): readonly string[] {
  const names = modules.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}
