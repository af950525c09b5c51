/** The compiler writes plain files; the command is to be run as one. npx finds it through `bin` in package.json. */
import { chmodSync } from 'node:fs';

chmodSync(new URL('../dist/cli.js', import.meta.url), 0o755);
