/** Trap exports on disk, one directory a stream, with one ledger for all of them and one API that they go to. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { backhaul, type CommandOptions, type CommandResult } from './command-line.ts';
import { SIMULATOR_ENVIRONMENT } from './simulator-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { TrapExport } from './trap-export.ts';

export interface TrapProject {
  readonly ledger: string;
  /** Runs the command in the stream's directory. */
  backhaul(
    stream: TrapExport,
    words: readonly string[],
    options?: Partial<CommandOptions>,
  ): Promise<CommandResult>;
  /** A file in the stream's directory. */
  path(stream: TrapExport, name: string): string;
}

export function trapProject(
  t: TestContext,
  exports: readonly TrapExport[],
  { baseUrl, delivery }: { baseUrl: string; delivery: Readonly<Record<string, unknown>> },
): TrapProject {
  const directory = temporaryDirectory(t);
  for (const { stream, config, files, companions } of exports) {
    const home = join(directory, stream);
    mkdirSync(home);
    for (const { name, content } of files) writeFileSync(join(home, name), content);
    for (const [name, text] of Object.entries(companions)) writeFileSync(join(home, name), text);
    const whole = {
      stream,
      ...config,
      destination: {
        type: 'mykaarma-historical',
        baseUrl,
        auth: { username: { env: 'SIMULATOR_USERNAME' }, password: { env: 'SIMULATOR_PASSWORD' } },
      },
      delivery,
      ledger: { ...(config.ledger as object | undefined), path: '../ledger.db' },
    };
    writeFileSync(join(home, 'pipeline.config.json'), JSON.stringify(whole, null, 2));
  }
  return {
    ledger: join(directory, 'ledger.db'),
    backhaul: ({ stream }, words, options = {}) =>
      backhaul(words, {
        cwd: join(directory, stream),
        ...options,
        env: { ...SIMULATOR_ENVIRONMENT, ...options.env },
      }),
    path: ({ stream }, name) => join(directory, stream, name),
  };
}
