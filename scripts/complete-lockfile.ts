/**
 * Writes the builds for other platforms into package-lock.json that npm left out.
 *
 * Native packages name one optional package per platform. A registry mirror may lack some of them; npm then drops
 * them from the lockfile without a word, and `npm ci` refuses that lockfile later. What a platform's package is
 * for can be read from its name, which is all that npm needs in order to skip it elsewhere. Run it after `npm install`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockedPackage {
  version?: string;
  optional?: boolean;
  optionalDependencies?: Record<string, string>;
  [key: string]: unknown;
}

const LOCKFILE = new URL('../package-lock.json', import.meta.url);
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32'];

const lockfile = JSON.parse(readFileSync(LOCKFILE, 'utf8')) as { packages: Record<string, LockedPackage> };
const before = Object.keys(lockfile.packages).length;
for (const [path, owner] of Object.entries(lockfile.packages)) {
  if (path === '') continue;
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    lockfile.packages[`node_modules/${name}`] ??= platformPackage(name, version, owner.dev === true);
  }
}
lockfile.packages = Object.fromEntries(
  Object.entries(lockfile.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
);
writeFileSync(LOCKFILE, `${JSON.stringify(lockfile, null, 2)}\n`);
process.stdout.write(`${Object.keys(lockfile.packages).length - before} packages added.\n`);

function platformPackage(name: string, version: string, dev: boolean): LockedPackage {
  if (!/^\d/.test(version)) throw new Error(`${name}: ${version} is a range, not a version; add it by hand.`);
  const words = name.split(/[-/]/);
  const system = SYSTEMS.find((word) => words.includes(word));
  // `arm` alone also stands for the 32-bit ABIs: linux-arm-gnueabihf, android-arm-eabi.
  const processor = PROCESSORS.find((word) => words.includes(word));
  if (processor === undefined)
    throw new Error(`${name}: cannot tell the platform from the name; add it by hand.`);
  return {
    version,
    cpu: [processor],
    ...(dev ? { dev } : {}),
    ...(words.includes('musl') ? { libc: ['musl'] } : words.includes('gnu') ? { libc: ['glibc'] } : {}),
    optional: true,
    ...(system === undefined ? {} : { os: [system] }),
  };
}
