/** A project whose messages go to people at once, as far as the simulator has any. */
import type { TestContext } from 'node:test';
import { type Project, type ProjectOptions, project } from './project.ts';

export interface LiveProjectOptions extends Omit<ProjectOptions, 'config'> {
  readonly destination?: Readonly<Record<string, unknown>>;
  readonly mapping?: Readonly<Record<string, unknown>>;
  /** Merged over the configuration's top level. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const QUICK = { requestsPerSecond: 1000, retryBaseMs: 5, retryMaxMs: 50, timeoutMs: 1000, maxOutageMs: 5000 };

/** Texts from the columns of `csvOf`; `"live": true` unless `destination` says otherwise. */
export async function textProject(t: TestContext, options: LiveProjectOptions = {}): Promise<Project> {
  const created = await project(t, options);
  const secret = { username: { env: 'SIMULATOR_USERNAME' }, password: { env: 'SIMULATOR_PASSWORD' } };
  const destination = { type: 'mykaarma-text', baseUrl: created.simulator.baseUrl, auth: secret, live: true };
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
  writeConfig(created, { destination, mapping }, options);
  return created;
}

export const WHATSAPP_SENDER = '+16285550191';

/** WhatsApp messages from columns Id, To and Body. */
export async function whatsappProject(t: TestContext, options: LiveProjectOptions = {}): Promise<Project> {
  const created = await project(t, options);
  const destination = {
    ...{ type: 'kaleyra-whatsapp', sid: 'HX1', sender: WHATSAPP_SENDER, baseUrl: created.simulator.origin },
    ...{ auth: { apiKey: { env: 'SIMULATOR_PASSWORD' } }, live: true },
  };
  const mapping = { sourceUuid: 'Id', 'messaging_object.to': 'To', 'messaging_object.text.body': 'Body' };
  writeConfig(created, { destination, mapping }, options);
  return created;
}

function writeConfig(
  { write }: Project,
  { destination, mapping }: { readonly destination: object; readonly mapping: object },
  options: LiveProjectOptions,
): void {
  const config = {
    stream: 'live',
    source: { format: 'csv', files: ['export*.csv'] },
    mapping: { ...mapping, ...options.mapping },
    destination: { ...destination, ...options.destination },
    delivery: { ...QUICK, ...options.delivery },
    ...options.config,
  };
  write('pipeline.config.json', JSON.stringify(config, null, 2));
}
