#!/usr/bin/env node
/**
 * The executable. Checks the Node version before anything else is loaded (the ledger's native module crashes older
 * ones), then hands over to `commands/main.ts`.
 */
import { tuneGarbageCollection } from './garbage-collection.ts';

const OLDEST_NODE: readonly [number, number] = [22, 18];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  process.stderr.write(
    `backhaul needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.\n` +
      'Install a newer Node.js, or inside a clone use `npm exec -- backhaul …`, which brings its own.\n',
  );
  process.exitCode = 2;
} else {
  tuneGarbageCollection();
  const { main } = await import('./commands/main.ts');
  process.exitCode = await main(process.argv.slice(2));
}
