import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { APIS, type Api } from '../simulator/api.ts';
import { parseChance, type Span } from '../simulator/chance.ts';
import { FAULTS } from '../simulator/faults.ts';
import { FAULT_SYNTAX, parseFaults } from '../simulator/parse-faults.ts';
import { SIMULATOR_DEFAULTS, type SimulatorOptions } from '../simulator/simulator.ts';
import { startSimulator } from '../simulator/start-simulator.ts';
import { defineCommand } from './command.ts';
import { choice, duration, type FlagValues, list, onOff, portNumber, text, wholeNumber } from './flags.ts';

const flags = {
  port: portNumber({ describe: 'Port to listen at; 0 takes a free one (default: 0)' }),
  host: text({ describe: `Address to listen at (default: ${SIMULATOR_DEFAULTS.host})` }),
  username: text({ describe: `Name that requests must carry (default: ${SIMULATOR_DEFAULTS.username})` }),
  'password-env': text({
    describe: `Environment variable with the password (default: it is "${SIMULATOR_DEFAULTS.password}")`,
  }),
  'api-key-env': text({
    describe: `Environment variable with Kaleyra's api-key (default: it is "${SIMULATOR_DEFAULTS.kaleyraApiKey}")`,
  }),
  latency: text({ describe: 'Milliseconds before each answer, or a range: 20-80' }),
  'rate-limit': wholeNumber({ describe: 'Requests per second; more are answered 429' }),
  'retry-after': choice({ describe: 'Which Retry-After those carry (default: seconds)' }, [
    'none',
    'seconds',
    'date',
    'absurd',
    'garbled',
  ]),
  fault: list({ describe: 'Misbehave: NAME[:CONDITION…], see below; repeatable' }),
  seed: wholeNumber({ describe: 'Decides all chance (default: 1)' }, 0),
  'forbid-department': list({ describe: 'Answer 403 for this department; repeatable' }),
  'unknown-customer': list({ describe: 'Answer 404 for this customer; repeatable' }),
  'max-items': wholeNumber({ describe: 'Most items in one request; more are answered 413' }),
  'max-body-bytes': wholeNumber({ describe: 'Largest body; larger ones are answered 413' }),
  'reject-duplicates': onOff({ describe: 'Refuse a sourceUuid that is already stored' }),
  'accept-anything': onOff({ describe: 'Do not hold items against the reference' }),
  'keep-bodies': onOff({ describe: 'Keep what was sent, for GET /__stored; memory is then not flat' }),
  'callback-delay': text({ describe: 'Milliseconds before asynchronous results, or a range: 200-2000' }),
  'events-url': text({ describe: 'Deliver message events there; this machine only' }),
  'events-secret-env': text({
    describe: `Environment variable with their secret (default: it is "${SIMULATOR_DEFAULTS.eventsSecret}")`,
  }),
  'events-token-env': text({
    describe: `Environment variable with their token (default: it is "${SIMULATOR_DEFAULTS.eventsToken}")`,
  }),
  'event-duplicates': text({ describe: 'Chance that an event is delivered twice, e.g. 5%' }),
  'event-updates': text({ describe: 'Chance that an update of the message follows, e.g. 20%' }),
  'event-jitter': duration({ describe: 'Hold events back by up to so long, out of order' }),
  'delivery-retry': duration({
    describe: 'Before the first of five retries, then ever longer (default: 1s)',
  }),
  'deliver-anywhere': onOff({ describe: 'Let events and callbacks leave this machine' }),
  'stop-after-idle': duration({ describe: 'End after so long without a request, e.g. 10m' }),
};

export const simulate = defineCommand({
  flags,
  epilogue: [
    `Faults: ${FAULT_SYNTAX}`,
    ...faultLines('Requests of every API', ...APIS),
    ...faultLines('Single messages, historical and texts', 'historical', 'text'),
    ...faultLines('Historical saves only', 'historical'),
    ...faultLines('Kaleyra only', 'kaleyra'),
  ].join('\n'),

  watchesSignal: true,

  async run(given, { stdout, signal, env, ...context }) {
    const simulator = await startSimulator(optionsOf(given, env));
    const { baseUrl } = simulator;
    const origin = new URL(baseUrl).origin;
    stdout.write(
      given.json
        ? `${JSON.stringify({ baseUrl, port: simulator.port })}\n`
        : `Listening at ${baseUrl}\nWhat it holds: ${origin}/__stats. Ctrl-C ends it.\n`,
    );
    const stop = () => void simulator.close();
    signal.addEventListener('abort', stop, { once: true });
    await simulator.closed;
    signal.removeEventListener('abort', stop);
    const { requests, stored } = simulator.stats();
    context.log.info({ requests, stored }, 'simulator ends');
    return EXIT.done;
  },
});

/** The faults that can strike exactly these APIs. */
function faultLines(title: string, ...apis: readonly Api[]): string[] {
  const faults = FAULTS.filter((fault) => fault.apis.join() === apis.join());
  return ['', `${title}:`, ...faults.map(({ name, description }) => `  ${name.padEnd(20)} ${description}`)];
}

function optionsOf(
  given: FlagValues<typeof flags>,
  env: Readonly<Record<string, string | undefined>>,
): SimulatorOptions {
  const secret = (flag: 'password-env' | 'api-key-env' | 'events-secret-env' | 'events-token-env') =>
    secretFrom(flag, given[flag], env);
  const options: { [K in keyof SimulatorOptions]: SimulatorOptions[K] | undefined } = {
    port: given.port,
    host: given.host,
    username: given.username,
    password: secret('password-env'),
    kaleyraApiKey: secret('api-key-env'),
    latencyMs: spanOf('latency', given.latency),
    requestsPerSecond: given['rate-limit'],
    retryAfter: given['retry-after'],
    faults: given.fault.flatMap(parseFaults),
    seed: given.seed,
    forbiddenDepartments: given['forbid-department'],
    unknownCustomers: given['unknown-customer'],
    maxItems: given['max-items'],
    maxBodyBytes: given['max-body-bytes'],
    rejectDuplicates: given['reject-duplicates'],
    validate: !given['accept-anything'],
    keepBodies: given['keep-bodies'],
    callbackDelayMs: spanOf('callback-delay', given['callback-delay']),
    eventsUrl: given['events-url'],
    eventsSecret: secret('events-secret-env'),
    eventsToken: secret('events-token-env'),
    eventDuplicates: chanceOf('event-duplicates', given['event-duplicates']),
    eventUpdates: chanceOf('event-updates', given['event-updates']),
    eventJitterMs: given['event-jitter'],
    deliveryRetryBaseMs: given['delivery-retry'],
    deliverAnywhere: given['deliver-anywhere'],
    stopAfterIdleMs: given['stop-after-idle'],
  };
  const known = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as SimulatorOptions;
}

function secretFrom(
  flag: string,
  name: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (name === undefined) return undefined;
  const secret = env[name];
  if (secret) return secret;
  throw new UsageError(`the environment variable ${name} is not set`, {
    code: 'SECRET_MISSING',
    fix: `Set ${name}, or leave --${flag} out.`,
  });
}

function spanOf(flag: string, given: string | undefined): Span | undefined {
  if (given === undefined) return undefined;
  const [, least, most] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(given) ?? [];
  if (least === undefined || (most !== undefined && Number(most) < Number(least))) {
    throw badFlag(flag, 'milliseconds or a range of them', '50', '20-80');
  }
  return most === undefined ? Number(least) : [Number(least), Number(most)];
}

function chanceOf(flag: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const chance = parseChance(given);
  if (chance === null) throw badFlag(flag, 'a chance from 0 to 1', '0.05', '5%');
  return chance;
}

function badFlag(flag: string, expected: string, ...examples: readonly [string, string]): UsageError {
  return new UsageError(`--${flag} must be ${expected}`, {
    code: 'BAD_FLAG',
    fix: `For example ${examples.map((example) => `--${flag} ${example}`).join(' or ')}.`,
  });
}
