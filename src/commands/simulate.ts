import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
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
  'stop-after-idle': duration({ describe: 'End after so long without a request, e.g. 10m' }),
};

export const simulate = defineCommand({
  flags,
  epilogue: [
    `Faults: ${FAULT_SYNTAX}`,
    ...FAULTS.map(({ name, description }) => `  ${name.padEnd(18)} ${description}`),
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

function optionsOf(
  given: FlagValues<typeof flags>,
  env: Readonly<Record<string, string | undefined>>,
): SimulatorOptions {
  const passwordName = given['password-env'];
  const options: { [K in keyof SimulatorOptions]: SimulatorOptions[K] | undefined } = {
    port: given.port,
    host: given.host,
    username: given.username,
    password: passwordName === undefined ? undefined : passwordFrom(passwordName, env),
    latencyMs: given.latency === undefined ? undefined : latencyOf(given.latency),
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
    stopAfterIdleMs: given['stop-after-idle'],
  };
  const known = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as SimulatorOptions;
}

function passwordFrom(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const password = env[name];
  if (password) return password;
  throw new UsageError(`the environment variable ${name} is not set`, {
    code: 'SECRET_MISSING',
    fix: `Set ${name}, or leave --password-env out.`,
  });
}

function latencyOf(given: string): number | readonly [number, number] {
  const [, least, most] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(given) ?? [];
  if (least === undefined || (most !== undefined && Number(most) < Number(least))) {
    throw new UsageError('--latency must be milliseconds or a range of them', {
      code: 'BAD_FLAG',
      fix: 'For example --latency 50 or --latency 20-80.',
    });
  }
  return most === undefined ? Number(least) : [Number(least), Number(most)];
}
