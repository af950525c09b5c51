/**
 * What `backhaul run` does, as a program: the parts come from a configuration file and are yours to replace or to watch.
 *
 *     npm run build
 *     npx backhaul simulate --port 8787 &
 *     export SIMULATOR_USERNAME=simulator SIMULATOR_PASSWORD=simulator
 *     node examples/import-from-configuration.ts fixtures/legacy-json/ndjson.config.json delivery.requestsPerSecond=100
 */
import { resolve } from 'node:path';
import {
  acquireStreamLock,
  BackhaulError,
  createMykaarmaHistorical,
  createSource,
  exitCodeOf,
  loadConfig,
  loadMapping,
  openLedger,
  type RunObserver,
  resolveSecret,
  runPipeline,
} from 'backhaul';

/** Told what happens, as it happens; every part of it may be left out. */
const observer: RunObserver = {
  onPlan: ({ messages, conversations }) =>
    console.error(`${messages} messages in ${conversations} conversations`),
  onAttempt: ({ messages, status, result }) => console.error(`${messages} messages: ${result} (${status})`),
  onPause: ({ reason, delayMs }) => console.error(`waiting ${delayMs} ms: ${reason}`),
};

async function main([path = 'pipeline.config.json', ...overrides]: readonly string[]): Promise<number> {
  const { config, directory } = await loadConfig({ path, overrides });
  const { stream, delivery } = config;
  if (config.destination.type !== 'mykaarma-historical') throw new Error('This example imports history.');
  const { type: destinationType, baseUrl, auth } = config.destination;

  const source = createSource(config.source, { baseDirectory: directory });
  const mapping = await loadMapping(config, { baseDirectory: directory });
  const secrets = { env: process.env, directory };
  const destination = createMykaarmaHistorical({
    baseUrl,
    username: await resolveSecret(auth.username, secrets),
    password: await resolveSecret(auth.password, secrets),
    limits: delivery,
    timeoutMs: delivery.timeoutMs,
    connections: delivery.concurrency,
  });

  // One writer per stream, so that no two programs send the same message.
  const ledgerPath = resolve(directory, config.ledger.path);
  const lock = await acquireStreamLock(ledgerPath, stream);
  const ledger = await openLedger({
    ...{ path: ledgerPath, stream, destinationType, baseUrl },
    keepPayloads: config.ledger.keepPayloads,
  });
  try {
    const { summary, exitCode } = await runPipeline({
      ...{ stream, ledger, destination, delivery, observer },
      intake: { source, mapping },
      onConflict: config.ledger.onConflict,
      maxDurationMs: 3_600_000,
    });
    console.log(JSON.stringify(summary, null, 2));
    return exitCode;
  } finally {
    await destination.close();
    await ledger.close();
    await lock.release();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // What a person can mend has a message and a fix; anything else is a defect.
  if (!(error instanceof BackhaulError)) throw error;
  console.error(`${error.message}\n${error.fix}`);
  process.exitCode = exitCodeOf(error);
}
