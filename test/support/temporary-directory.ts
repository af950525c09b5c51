import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './scope.ts';

/** A directory of this test's own, removed when the test ends. */
export function temporaryDirectory(t: Scope): string {
  const directory = mkdtempSync(join(tmpdir(), 'backhaul-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
