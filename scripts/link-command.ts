/**
 * Makes the freshly built program runnable: dist/cli.js becomes executable, and `npx backhaul` (or `npm exec backhaul`)
 * inside the clone runs it, with the Node.js of node_modules. npm links the commands of dependencies only, never a package's own.
 */
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const BIN = fileURLToPath(new URL('../node_modules/.bin/', import.meta.url));

chmodSync(COMMAND, 0o755);
// On Windows npx finds the command through package.json instead, only a little slower.
if (process.platform !== 'win32') {
  mkdirSync(BIN, { recursive: true });
  rmSync(`${BIN}backhaul`, { force: true });
  symlinkSync('../../dist/cli.js', `${BIN}backhaul`);
}
