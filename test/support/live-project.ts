/** A project whose messages go to people at once, as far as the simulator has any. */
import type { TestContext } from 'node:test';
import { type ConfigurationOptions, type Project, type ProjectOptions, project } from './project.ts';

export interface LiveConfigurationOptions extends ConfigurationOptions {
  readonly destination?: Readonly<Record<string, unknown>>;
  readonly mapping?: Readonly<Record<string, unknown>>;
}

export interface LiveProjectOptions extends LiveConfigurationOptions, Pick<ProjectOptions, 'simulator'> {}

const QUICK = { requestsPerSecond: 1000, retryBaseMs: 5, retryMaxMs: 50, timeoutMs: 1000, maxOutageMs: 5000 };

/** Texts from the columns of `csvOf`; `"live": true` unless `destination` says otherwise. */
export async function textProject(t: TestContext, options: LiveProjectOptions = {}): Promise<Project> {
  const created = await project(t, { simulator: options.simulator ?? {} });
  writeConfig(created, textConfiguration(created.simulator.baseUrl, options));
  return created;
}

export function textConfiguration(baseUrl: string, options: LiveConfigurationOptions = {}): object {
  const secret = { username: { env: 'SIMULATOR_USERNAME' }, password: { env: 'SIMULATOR_PASSWORD' } };
  const destination = { type: 'mykaarma-text', baseUrl, auth: secret, live: true };
  const mapping = {
    departmentUuid: 'Department',
    customerUuid: 'Customer',
    userUuid: { value: 'user-1' },
    sourceUuid: 'Id',
    'messageAttributes.body': 'Body',
    'messageAttributes.isManual': { value: false },
    'messageAttributes.type': { value: 'OUTGOING' },
    'messageAttributes.protocol': { value: 'TEXT' },
  };
  return liveConfiguration(destination, mapping, options);
}

export const WHATSAPP_SENDER = '+16285550191';

/** WhatsApp messages from columns Id, To and Body. */
export async function whatsappProject(t: TestContext, options: LiveProjectOptions = {}): Promise<Project> {
  const created = await project(t, { simulator: options.simulator ?? {} });
  writeConfig(created, whatsappConfiguration(created.simulator.baseUrl, options));
  return created;
}

/** @param baseUrl of the simulator; Kaleyra's API is at its origin. */
export function whatsappConfiguration(baseUrl: string, options: LiveConfigurationOptions = {}): object {
  const destination = {
    ...{ type: 'kaleyra-whatsapp', sid: 'HX1', sender: WHATSAPP_SENDER, baseUrl: new URL(baseUrl).origin },
    ...{ auth: { apiKey: { env: 'SIMULATOR_PASSWORD' } }, live: true },
  };
  const mapping = { sourceUuid: 'Id', 'messaging_object.to': 'To', 'messaging_object.text.body': 'Body' };
  return liveConfiguration(destination, mapping, options);
}

function liveConfiguration(destination: object, mapping: object, options: LiveConfigurationOptions): object {
  return {
    stream: 'live',
    source: { format: 'csv', files: ['export*.csv'] },
    mapping: { ...mapping, ...options.mapping },
    destination: { ...destination, ...options.destination },
    delivery: { ...QUICK, ...options.delivery },
    ...options.config,
  };
}

function writeConfig({ write }: Project, config: object): void {
  write('pipeline.config.json', JSON.stringify(config, null, 2));
}
