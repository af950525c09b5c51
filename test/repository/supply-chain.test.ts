import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { REPOSITORY } from '../docs/pages.ts';
import { modulesIn, packagesOf } from '../support/bundled-modules.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly scripts: Readonly<Record<string, string>>;
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly version?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const manifest = readJson<Manifest>('package.json');
const locked = Object.entries(
  readJson<{ packages: Record<string, LockedPackage> }>('package-lock.json').packages,
).filter(([path]) => path !== '');
const production = locked.filter(([, { dev }]) => dev !== true);

/** Run by `npm install` on somebody's machine, asked or not; `prepare` and its kin run where a package is made. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

suite('supply chain', () => {
  test('every dependency is one exact version', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    assert.deepEqual(loose, []);
    for (const [path, { version = '' }] of locked) assert.match(version, /^\d+\.\d+\.\d+/, path);
  });

  test('what is installed is what the lockfile has a checksum of', () => {
    const unchecked = locked.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true);
    assert.deepEqual(
      unchecked.filter(([path]) => existsSync(join(REPOSITORY, path))).map(([path]) => path),
      [],
    );
    // Left are builds of development tools for platforms that the lockfile was not made on.
    assert.ok(unchecked.every(([, { dev, optional }]) => dev === true && optional === true));
  });

  test('the published package needs no install script, neither its own nor of anything that it depends on', () => {
    assert.deepEqual(
      INSTALL_SCRIPTS.filter((name) => Object.hasOwn(manifest.scripts, name)),
      [],
    );
    assert.ok(production.length > 10);
    for (const [path, { hasInstallScript }] of production) {
      if (!existsSync(join(REPOSITORY, path))) continue;
      const { scripts = {} } = readJson<Partial<Manifest>>(join(path, 'package.json'));
      const named = INSTALL_SCRIPTS.filter((name) => Object.hasOwn(scripts, name));
      assert.deepEqual([path, hasInstallScript === true, named], [path, false, []]);
    }
  });

  test('the ledger has its native module in the package: nothing is compiled or fetched', () => {
    const prebuilds = join(REPOSITORY, 'node_modules/better-sqlite3/prebuilds');
    const builds = readdirSync(prebuilds, { recursive: true, encoding: 'utf8' });
    assert.ok(builds.some((name) => name.endsWith('.node')));
  });

  test('development packages with install scripts are listed, each with whether it may run them', () => {
    const withScripts = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const names = withScripts.map(([path]) => path.slice('node_modules/'.length));
    assert.deepEqual(names.sort(), ['@swc/core', 'node']);
    for (const name of names) assert.equal(typeof manifest.allowScripts[name], 'boolean', name);
    assert.equal(manifest.allowScripts['@swc/core'], false);
  });

  test('the package holds the program, its migrations and what goes with them, and nothing else', () => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: REPOSITORY,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [packed] = JSON.parse(output) as { files: { path: string }[] }[];
    const paths = (packed?.files ?? []).map(({ path }) => path);
    for (const needed of ['dist/cli.js', 'LICENSE', 'README.md', 'package.json']) {
      assert.ok(paths.includes(needed), needed);
    }
    const kinds =
      /^(dist\/[\w/-]+\.(js|js\.map|d\.ts)|dist\/third-party-licenses\.txt|migrations\/[\w-]+\.sql|LICENSE|README\.md|package\.json)$/;
    assert.deepEqual(
      paths.filter((path) => !kinds.test(path)),
      [],
    );
  });

  test('what is built in is a dependency like any other, and its licence goes with it', () => {
    const built = readdirSync(join(REPOSITORY, 'dist'), { recursive: true, encoding: 'utf8' });
    const files = built.filter((name) => name.endsWith('.js')).map((name) => join(REPOSITORY, 'dist', name));
    const packages = packagesOf(files.flatMap(modulesIn));
    assert.ok(packages.includes('zod'), 'modules are seen');
    const dependencies = new Set(packagesOf(production.map(([path]) => `${path}/`)));
    assert.deepEqual(
      packages.filter((name) => !dependencies.has(name)),
      [],
    );
    const licences = readFileSync(join(REPOSITORY, 'dist/third-party-licenses.txt'), 'utf8').split(
      /^-{80}$/m,
    );
    assert.deepEqual([...new Set(licences.map((text) => text.trim().split(' ', 1)[0]))].sort(), packages);
    for (const text of licences) assert.match(text, /copyright|licen[cs]e/i);
  });

  test('every licence is one that may be used', () => {
    const output = execFileSync(process.execPath, [join(REPOSITORY, 'scripts/licenses.ts')], {
      encoding: 'utf8',
    });
    assert.match(output, /packages for production: .*\n.*packages for development: /);
  });
});

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(REPOSITORY, path), 'utf8')) as T;
}
