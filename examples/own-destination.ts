/**
 * A destination of one's own: messages go wherever you write them, here to a file, with everything else as usual: the
 * ledger knows what became of each, and the next run sends nothing twice.
 *
 *     npm run build && node examples/own-destination.ts fixtures/legacy-json/ndjson.config.json messages.ndjson
 *
 * The configuration says where records come from and what they become; what it says of the API is not used.
 */
import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  acquireStreamLock,
  type Batch,
  createSource,
  type Destination,
  loadConfig,
  loadMapping,
  openLedger,
  type Refusal,
  runPipeline,
} from 'backhaul';

function createFileDestination(path: string): Destination {
  return {
    type: 'file',
    baseUrl: pathToFileURL(path).href,
    limits: {
      maxMessagesPerRequest: 100,
      maxBytesPerRequest: 1_000_000,
      // When it is not known whether a message was written, it may be written again: readers know it by its sourceUuid.
      resendIsSafe: true,
    },
    // What a request adds to the bytes of its messages: for each a line end.
    framing: { requestBytes: 0, perMessageBytes: 1 },

    // Called once per attempt. It never retries, waits or counts: delivery does, around every call.
    async send(batch) {
      try {
        await appendFile(path, linesOf(batch), { mode: 0o600, flush: true });
      } catch (error) {
        return cannotWrite(error as NodeJS.ErrnoException);
      }
      // One outcome per message, in the batch's order.
      const accepted = {
        state: 'accepted',
        code: null,
        error: null,
        messageUuid: null,
        warnings: null,
      } as const;
      return { kind: 'answered', status: 200, outcomes: batch.messages.map(() => accepted), strangers: 0 };
    },

    async close() {},
  };
}

const LINE_END = Buffer.from('\n');

/** Items were validated and hashed when they were staged: they are written as they are. */
function linesOf({ messages }: Batch): Buffer {
  return Buffer.concat(messages.flatMap(({ item }) => [item, LINE_END]));
}

/** A full disk is no message's fault, and no other batch will fare better: the run stops, and goes on another time. */
function cannotWrite({ code }: NodeJS.ErrnoException): Refusal {
  return {
    kind: 'refused',
    status: null,
    recovery: 'stop',
    code: code ?? 'UNWRITABLE',
    message: 'the file cannot be written',
    // Part of it may have been written all the same.
    ambiguous: true,
    consumesAttempt: true,
    retryAfterMs: null,
  };
}

const [configPath = 'pipeline.config.json', outputPath = 'messages.ndjson'] = process.argv.slice(2);

const { config, directory } = await loadConfig({ path: configPath });
const { stream, delivery } = config;
const source = createSource(config.source, { baseDirectory: directory });
const mapping = await loadMapping(config, { baseDirectory: directory });
const destination = createFileDestination(resolve(outputPath));

// Beside what it knows of: another output file is another story.
const ledgerPath = `${resolve(outputPath)}.ledger.db`;
const lock = await acquireStreamLock(ledgerPath, stream);
const ledger = await openLedger({
  path: ledgerPath,
  stream,
  destinationType: destination.type,
  baseUrl: destination.baseUrl,
});
try {
  const { summary, exitCode } = await runPipeline({
    ...{ stream, ledger, destination, delivery },
    intake: { source, mapping },
  });
  console.log(summary);
  process.exitCode = exitCode;
} finally {
  await destination.close();
  await ledger.close();
  await lock.release();
}
