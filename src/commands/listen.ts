import { resolve } from 'node:path';
import type { SecretRef } from '../config/secret-schema.ts';
import { resolveSecret } from '../config/secrets.ts';
import { isLoopback } from '../config/secure-url.ts';
import { UsageError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type ReceiverUrls, receiverUrls } from '../receiver/callback-paths.ts';
import { type Receiver, type ReceiverOptions, startReceiver } from '../receiver/receiver.ts';
import { renderTable } from '../reporting/table.ts';
import { terminalLine } from '../reporting/terminal-text.ts';
import { type CommandContext, defineCommand } from './command.ts';
import { type FlagValues, portNumber, text } from './flags.ts';
import { writeResult } from './output.ts';
import { loadSetting, type Setting } from './setting.ts';
import { troubleLog } from './trouble-log.ts';

const flags = {
  port: portNumber({ describe: 'Port to listen at, instead of the configured one; 0 takes a free one' }),
  host: text({ describe: 'Address to listen at, instead of the configured one' }),
  archive: text({ describe: 'Directory of the archives, instead of the configured one' }),
  'public-url': text({ describe: 'How senders reach the receiver, e.g. https://hooks.example.com' }),
};

/** Receives until it is stopped. Never opens the ledger: what arrives is archived here, and read by others later. */
export const listen = defineCommand({
  flags,
  watchesSignal: true,

  async run(given, context) {
    const setting = await loadSetting(given, context);
    const publicUrl = given['public-url'] ?? setting.config.receiver.publicUrl;
    const publicBase = publicUrl === undefined ? null : baseOf(publicUrl);
    const options = await optionsOf(setting, given, context);
    const receiver = await startReceiver(options);
    const localBase = `http://${hostInUrl(options.host)}:${receiver.port}`;
    const document: ListenDocument = {
      listening: localBase,
      archive: options.archiveDirectory,
      urls: receiverUrls(publicBase ?? localBase, receiver.callbackToken, options.events !== null),
    };
    writeResult(context.stdout, given, document, () => listenText(document));
    warn(options, publicBase, context);
    await untilAborted(context.signal);
    return end(receiver, context);
  },
});

interface ListenDocument {
  readonly listening: string;
  readonly archive: string;
  readonly urls: ReceiverUrls;
}

function listenText({ listening, archive, urls }: ListenDocument): string {
  const rows = [
    ['message events', urls.events ?? '(not taken: receiver.events is not configured)'],
    ['results of historical saves', urls.historicalCallback],
    ['status of texts', urls.textCallback],
    ['health', urls.health],
  ];
  return `Listening at ${listening}, archiving in ${terminalLine(archive)}. Ctrl-C ends it.\n${renderTable(rows)}`;
}

async function optionsOf(
  { config: { receiver }, directory }: Setting,
  given: FlagValues<typeof flags>,
  { cwd, env, clock, log }: CommandContext,
): Promise<ReceiverOptions> {
  const { events, callbackTokens = [], maxBodyBytes, maxConnections } = receiver;
  const read = (refs: readonly SecretRef[]) =>
    Promise.all(refs.map((ref) => resolveSecret(ref, { env, directory })));
  return {
    host: given.host ?? receiver.host,
    port: given.port ?? receiver.port,
    archiveDirectory:
      given.archive === undefined ? resolve(directory, receiver.archive) : resolve(cwd, given.archive),
    events:
      events === undefined
        ? null
        : {
            signatureSecrets: await read(events.signatureSecrets),
            authorizationTokens: await read(events.authorizationTokens),
          },
    callbackTokens: await read(callbackTokens),
    maxBodyBytes,
    maxConnections,
    maxArchiveFileBytes: receiver.maxArchiveFileBytes,
    rememberedDeliveries: receiver.rememberedDeliveries,
    clock,
    onTrouble: troubleLog(log, clock),
  };
}

/** Without a final slash. */
function baseOf(publicUrl: string): string {
  const url = URL.parse(publicUrl);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && !/[?#]/.test(publicUrl)) {
    return url.href.replace(/\/+$/, '');
  }
  throw new UsageError('the public URL must be scheme, host and path, and nothing else', {
    code: 'BAD_URL',
    fix: 'Write it like https://hooks.example.com.',
  });
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function warn(
  { host, events }: ReceiverOptions,
  publicBase: string | null,
  { log }: Pick<CommandContext, 'log'>,
): void {
  if (events === null) log.warn('message events are not taken: receiver.events is not configured');
  if (!isLoopback(hostInUrl(host))) {
    log.warn({ host }, 'this is plain HTTP that others can reach: put something that speaks TLS in front');
  }
  if (publicBase?.startsWith('http:') && !isLoopback(new URL(publicBase).hostname)) {
    log.warn('the public URL is not https: deliveries and callback tokens would travel in the clear');
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Being stopped is how it ends, and success, unless a request in flight had to be cut off. */
async function end(receiver: Receiver, { signal, log }: CommandContext): Promise<ExitCode> {
  const { cutOff } = await receiver.close();
  const { stored, repeated, refused, unavailable } = receiver.counts();
  log.info({ stored, repeated, refused, unavailable, cutOff }, 'listener ends');
  if (cutOff === 0) return EXIT.done;
  return signal.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
}
