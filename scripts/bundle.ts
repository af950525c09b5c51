/**
 * Makes the built program: `src/` and the packages that it uses in a few dozen files instead of several hundred, split where
 * something is loaded only when needed. Opening files one by one was most of what a start took (docs/adr/0018). Nothing is
 * made smaller or renamed, so that a stack trace can be read.
 *
 * `node scripts/bundle.ts [directory]`, by default `dist/`. What `dist/` holds of other packages is told in
 * `dist/third-party-licenses.txt`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(ROOT, 'node_modules', sep);

/**
 * Where everything but the entries goes: as deep below `dist/` as the modules of `src/` are below it, so that `../../migrations/`
 * and `./writing-thread` mean the same in both.
 */
const PARTS = 'parts';

/** Finds a native module beside it. (pino, which is loaded by `require`, stays outside as well.) */
const OUTSIDE = ['better-sqlite3'];

/**
 * yargs brings three packages that measure text, and each is busy with the properties of emoji for longer than it takes to start
 * Node. Help is measured by what measures every other text of the program.
 */
const oneMeasureOfText: Plugin = {
  name: 'one-measure-of-text',
  resolveId: (source) => (source === 'string-width' ? source : null),
  load(id) {
    if (id !== 'string-width') return null;
    const measure = JSON.stringify(join(ROOT, 'src/reporting/text-width.ts'));
    return `export { textWidth as default, textWidth as 'module.exports' } from ${measure};`;
  },
};

const directory = resolve(process.argv[2] ?? join(ROOT, 'dist'));
const bundle = await rolldown({
  cwd: ROOT,
  input: {
    cli: 'src/cli.ts',
    index: 'src/index.ts',
    [`${PARTS}/writing-thread`]: 'src/ledger/writing-thread.ts',
  },
  platform: 'node',
  external: OUTSIDE,
  plugins: [oneMeasureOfText],
});
const { output } = await bundle.write({
  dir: directory,
  entryFileNames: '[name].js',
  chunkFileNames: `${PARTS}/[name].js`,
  sourcemap: true,
  sourcemapExcludeSources: true,
});
await bundle.close();

const modules = output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
writeFileSync(join(directory, 'third-party-licenses.txt'), noticesOf(modules));

/** The licence texts of the packages that modules come from. */
function noticesOf(modules: readonly string[]): string {
  const packages = new Set(modules.filter((path) => path.startsWith(MODULES)).map(packageDirectoryOf));
  const notices = new Set([...packages].map(noticeOf));
  return [...notices].toSorted().join(`\n${'-'.repeat(80)}\n\n`);
}

function noticeOf(packageDirectory: string): string {
  const manifest = readFileSync(join(packageDirectory, 'package.json'), 'utf8');
  const { name, version, license } = JSON.parse(manifest) as Record<string, string>;
  return `${name} ${version} (${license})\n\n${licenceTextOf(packageDirectory)}\n`;
}

function packageDirectoryOf(path: string): string {
  const modules = `${sep}node_modules${sep}`;
  const start = path.lastIndexOf(modules) + modules.length;
  const [name = '', inScope = ''] = path.slice(start).split(sep);
  return path.slice(0, start) + (name.startsWith('@') ? join(name, inScope) : name);
}

function licenceTextOf(packageDirectory: string): string {
  const names = readdirSync(packageDirectory).filter((name) => /^(licen[cs]e|notice)/i.test(name));
  if (names.length === 0) throw new Error(`${basename(packageDirectory)} brings no licence text.`);
  return names.map((name) => readFileSync(join(packageDirectory, name), 'utf8').trim()).join('\n\n');
}
