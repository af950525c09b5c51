/**
 * Holds the licence of every package in package-lock.json, those for development too, against a list of what may be used.
 * Needs an installed tree and no network. What is not installed because it is for other platforms has the licence that the
 * lockfile records, or that of the package that names it.
 */
import { existsSync, readFileSync } from 'node:fs';

/** SPDX identifiers of permissive licences: they ask for a notice at most. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
]);

interface LockedPackage {
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const ROOT = new URL('../', import.meta.url);
const { packages } = readJson('package-lock.json') as { packages: Record<string, LockedPackage> };
const licences = Object.entries(packages)
  .filter(([path]) => path !== '')
  .map(([path, locked]) => ({ path, locked, licence: licenceOf(path, locked) }));
const refused = licences.filter(({ licence }) => licence === null || !isAllowed(licence));

for (const { path, licence } of refused) process.stderr.write(`${path}: ${licence ?? 'no licence found'}\n`);
if (refused.length > 0) {
  process.stderr.write(
    'Replace the package, or add its licence to scripts/licenses.ts if it is permissive.\n',
  );
  process.exitCode = 1;
} else {
  for (const [title, isDev] of [
    ['production', false],
    ['development', true],
  ] as const) {
    const found = licences.filter(({ locked }) => (locked.dev === true) === isDev);
    const kinds = Map.groupBy(found, ({ licence }) => licence);
    const counts = [...kinds].map(([licence, { length }]) => `${licence} ${length}`).sort();
    process.stdout.write(`${found.length} packages for ${title}: ${counts.join(', ')}\n`);
  }
}

/** What the package itself says; null when it says nothing. */
function licenceOf(path: string, locked: LockedPackage): string | null {
  if (existsSync(new URL(`${path}/package.json`, ROOT))) return statedLicence(path);
  if (locked.optional !== true) throw new Error(`${path} is not installed: run npm ci`);
  if (locked.license !== undefined) return locked.license;
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const owner = Object.entries(packages).find(([, { optionalDependencies = {} }]) =>
    Object.hasOwn(optionalDependencies, name),
  );
  return owner === undefined ? null : licenceOf(...owner);
}

function statedLicence(path: string): string | null {
  const { license } = readJson(`${path}/package.json`) as { license?: unknown };
  return typeof license === 'string' ? license : null;
}

/** Of alternatives one has to be allowed, of joint licences all. Expressions that mix both need a look by a person. */
function isAllowed(expression: string): boolean {
  const bare = expression.replace(/^\((.*)\)$/, '$1');
  if (bare.includes(' OR ')) return bare.split(' OR ').some((licence) => ALLOWED.has(licence));
  return bare.split(' AND ').every((licence) => ALLOWED.has(licence));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
}
