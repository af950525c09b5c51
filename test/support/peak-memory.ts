/** Loaded before a program (`node --import`): tells the most memory that its process ever had, as its last line. */
import { readFileSync } from 'node:fs';

process.on('exit', () => {
  const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  process.stderr.write(`\npeak memory: ${kilobytes} kB\n`);
});
