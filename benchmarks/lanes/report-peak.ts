/** Loaded into a measured command: tells its highest resident memory when it ends. */
import { writeSync } from 'node:fs';

process.on('exit', () => {
  writeSync(2, `peakBytes=${process.resourceUsage().maxRSS * 1_024}\n`);
});
