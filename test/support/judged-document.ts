/** Tries a judge of documents field by field: what it says once one value of a right document is another. */

export type Path = readonly (string | number)[];

/** A copy of the document with another value at `path`; undefined takes the field out. */
export function changed(document: unknown, path: Path, value: unknown): unknown {
  const copy = structuredClone(document);
  // biome-ignore lint/suspicious/noExplicitAny: walks a document of any shape
  let parent: any = copy;
  for (const step of path.slice(0, -1)) parent = parent[step];
  if (value === undefined) delete parent[path.at(-1) as string];
  else parent[path.at(-1) as string] = value;
  return copy;
}

export function dotted(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index ? '.' : ''}${step}`))
    .join('');
}

/** Every path of the document down to its leaves, with the value found there. */
export function* walk(value: unknown, path: Path = []): Generator<{ path: Path; value: unknown }> {
  if (path.length > 0) yield { path, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, nested] of Object.entries(value)) {
    yield* walk(nested, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}
