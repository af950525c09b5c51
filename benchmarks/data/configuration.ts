/** The configuration that turns the generated exports into messages. */
import type { z } from 'zod';
import { type Config, configSchema } from '../../src/config/schema.ts';
import type { FileFormat } from './files.ts';
import { DEPARTMENT } from './message-rows.ts';

export interface Scenario {
  readonly file: string;
  readonly format: FileFormat;
  /** Of the ledger. */
  readonly ledger: string;
  readonly baseUrl: string;
  readonly concurrency: number;
  /** Left out where the rate is not to be the limit. */
  readonly requestsPerSecond?: number;
}

const FAST_ENOUGH = 100_000;

/** As a user writes it. */
export function configurationOf(scenario: Scenario): z.input<typeof configSchema> {
  const { file, format, ledger, baseUrl, concurrency, requestsPerSecond = FAST_ENOUGH } = scenario;
  return {
    stream: 'benchmark',
    source: { format, files: [file] },
    skip: [{ from: 'Status', in: ['failed', 'undelivered'], reason: 'never delivered' }],
    mapping: {
      departmentUuid: { value: DEPARTMENT },
      customerUuid: { from: 'CustomerPhone', phone: 'US' },
      userUuid: {
        from: 'Agent',
        map: { Priya: 'user-of-priya', Malik: 'user-of-malik' },
        otherwise: 'user-of-all',
        default: 'user-of-all',
      },
      sourceUuid: 'Sid',
      sentOn: { from: 'SentDate', time: { formats: ['yyyy-MM-dd HH:mm:ss'], zone: 'UTC' } },
      'messageAttributes.body': 'Body',
      'messageAttributes.type': {
        from: 'Direction',
        map: { inbound: 'INCOMING', 'outbound-api': 'OUTGOING', 'outbound-reply': 'OUTGOING' },
      },
      'messageAttributes.protocol': { from: 'Channel', map: { sms: 'TEXT', email: 'EMAIL' } },
      'messageAttributes.isManual': { from: 'Direction', map: { 'outbound-api': false }, otherwise: true },
      'messageAttributes.metaData.channel': 'Channel',
      'messageAttributes.attachments.0.fileURL': 'MediaUrl',
    },
    destination: {
      type: 'mykaarma-historical',
      baseUrl,
      auth: { username: { env: 'BENCHMARK_USERNAME' }, password: { env: 'BENCHMARK_PASSWORD' } },
    },
    delivery: { concurrency, requestsPerSecond, burst: 1 },
    ledger: { path: ledger },
  };
}

export function configOf(scenario: Scenario): Config {
  return configSchema.parse(configurationOf(scenario));
}
