/** Everything that reads what others wrote, each with what it is fed with and what it owes whatever it is fed with. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { systemClock } from '../../src/clock.ts';
import { evidenceArchives } from '../../src/commands/evidence-archives.ts';
import { loadConfig } from '../../src/config/load.ts';
import { applyOverride, readOverride } from '../../src/config/overrides.ts';
import type { Config } from '../../src/config/schema.ts';
import { readKaleyraAnswer } from '../../src/destinations/read-kaleyra-answer.ts';
import { readNamedFaults, readSaveResponse } from '../../src/destinations/read-save-response.ts';
import { readSendRefusal, readSendResponse } from '../../src/destinations/read-send-response.ts';
import { parseRetryAfterMs } from '../../src/destinations/retry-after.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import type { Mapping } from '../../src/mapping/mapping.ts';
import { startReceiver } from '../../src/receiver/receiver.ts';
import { createSource } from '../../src/sources/create-source.ts';
import { CALLBACK_TOKEN, rawConnection } from '../support/receiver.ts';
import { saveAnswer } from '../support/scripted-server.ts';
import { type SourceSettings, sourceConfig } from '../support/source-reading.ts';

export interface FuzzTarget {
  readonly name: string;
  readonly corpus: readonly Buffer[];
  /** May throw documented errors; everything else that it throws is a finding. */
  feed(bytes: Buffer): Promise<void> | void;
}

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/** A longer fixture only makes each case slower. */
const MAX_CORPUS_BYTES = 20_000;

interface Bench {
  /** For files; private and empty. */
  readonly directory: string;
  readonly closers: (() => Promise<unknown>)[];
}

export async function fuzzTargets(
  directory: string,
): Promise<{ targets: readonly FuzzTarget[]; close(): Promise<void> }> {
  const bench: Bench = { directory, closers: [] };
  const { config } = await loadConfig({ path: 'pipeline.config.json', cwd: REPOSITORY });
  const mapping = await loadMapping(config, { baseDirectory: REPOSITORY });
  const targets = [
    ...readers(bench, mapping),
    configuration(bench),
    overrides(),
    ...answers(),
    archives(bench, config),
    await receiver(bench),
  ];
  return {
    targets,
    async close() {
      for (const closer of bench.closers) await closer();
    },
  };
}

/** Readers, and the mapping behind them: no record that a reader gives may upset it. */
function readers({ directory }: Bench, mapping: Mapping): FuzzTarget[] {
  const csv = fixtures(/\.(csv|tsv|txt)$/);
  const json = fixtures(/\.json$/);
  const ndjson = fixtures(/\.ndjson$/);
  const packed = [...csv, ...json].slice(0, 6);
  const reader = (
    name: string,
    settings: SourceSettings,
    file: string,
    corpus: readonly Buffer[],
  ): FuzzTarget => ({
    name: `reader ${name}`,
    corpus,
    async feed(bytes) {
      writeFileSync(join(directory, file), bytes);
      const source = createSource(sourceConfig(settings), {
        baseDirectory: directory,
        input: [file],
        cwd: directory,
      });
      const [input] = await source.inputs();
      assert.ok(input !== undefined);
      let lastByte = -1;
      for await (const record of input.read()) {
        const { fields, position } = record;
        assert.equal(Object.getPrototypeOf(fields), null, 'fields have no prototype');
        assert.ok(position.byte === null || position.byte >= lastByte, 'positions grow');
        lastByte = position.byte ?? lastByte;
        const result = mapping.map(record);
        if (result.kind === 'rejected') assert.ok(result.errors.length > 0);
        mapping.codesOf(record);
      }
    },
  });
  return [
    reader('csv', { format: 'csv' }, 'a.csv', csv),
    reader(
      'csv of Windows',
      { format: 'csv', csv: { encoding: 'windows-1252', delimiter: ';' } },
      'a.csv',
      csv,
    ),
    reader('json', { format: 'json' }, 'a.json', json),
    reader('json at a path', { format: 'json', json: { path: 'data.messages' } }, 'a.json', json),
    reader('ndjson', { format: 'ndjson' }, 'a.ndjson', ndjson),
    reader('message-events', { format: 'message-events' }, 'a.ndjson', [...ndjson, ...json]),
    reader('kaleyra-report', { format: 'kaleyra-report' }, 'a.csv', csv),
    reader('kaleyra-log', { format: 'kaleyra-log' }, 'a.ndjson', ndjson),
    reader(
      'gzip',
      { format: 'csv' },
      'a.csv.gz',
      packed.map((bytes) => gzipSync(bytes)),
    ),
    reader(
      'zstd',
      { format: 'csv' },
      'a.csv.zst',
      packed.map((bytes) => zstdCompressSync(bytes)),
    ),
  ];
}

/** The configuration and the mapping compiler; mappers are code, which is not read but run. */
function configuration({ directory }: Bench): FuzzTarget {
  const files = ['pipeline.config.json', 'fixtures/legacy-json/json.config.json'];
  return {
    name: 'configuration and mapping compiler',
    corpus: files.map((file) => readFileSync(join(REPOSITORY, file))),
    async feed(bytes) {
      writeFileSync(join(directory, 'fuzz.config.json'), bytes);
      const { config } = await loadConfig({ path: 'fuzz.config.json', cwd: directory });
      if (config.mapper !== undefined) return;
      const mapping = await loadMapping({ ...config, lookups: {} }, { baseDirectory: directory });
      mapping.map({
        fields: Object.assign(Object.create(null), {
          From: '+13105550123',
          Body: 'Hello',
          ['__proto__']: 'x',
        }),
        position: { file: 'a.csv', line: 2, byte: 10, index: 0 },
      });
    },
  };
}

function overrides(): FuzzTarget {
  const examples = [
    'delivery.concurrency=8',
    'mapping["messageAttributes.body"]=Text',
    'source.files[0]=a.csv',
    'lookups={"a":{"file":"b"}}',
  ];
  return {
    name: 'overrides',
    corpus: examples.map((text) => Buffer.from(text)),
    feed(bytes) {
      applyOverride({ source: { files: [] }, mapping: {} }, readOverride(bytes.toString('utf8')));
    },
  };
}

function answers(): FuzzTarget[] {
  const uuids = ['a', 'b', '__proto__'];
  const send = {
    status: 'SUCCESS',
    messageUUID: 'm',
    requestUUID: 'r',
    errors: [],
    warnings: [{ warningCode: 'W' }],
  };
  const kaleyra = { code: 'WA202', message: 'Accepted', data: { message_id: 'A-1' }, error: { error: 'x' } };
  const json = (...documents: unknown[]) =>
    documents.map((document) => Buffer.from(JSON.stringify(document)));
  return [
    {
      name: 'answer to a save',
      corpus: json(saveAnswer(uuids), saveAnswer(uuids, { a: 'E1' }), { errors: [{ errorCode: 'E' }] }),
      feed(bytes) {
        const text = bytes.toString('utf8');
        assert.equal(readSaveResponse(text, uuids).outcomes.length, uuids.length);
        readNamedFaults(text, uuids);
      },
    },
    {
      name: 'answer to a text',
      corpus: json(send, { ...send, status: 'FAILURE', errors: [{ errorCode: 'E' }] }),
      feed(bytes) {
        const text = bytes.toString('utf8');
        assert.match(readSendResponse(text).outcome.state, /^(accepted|failed|unknown)$/);
        readSendRefusal(text);
      },
    },
    {
      name: 'answer of Kaleyra',
      corpus: json(kaleyra, { ...kaleyra, code: 'WA401' }, { code: 'E110', error: 'low' }),
      feed(bytes) {
        for (const status of [202, 401, 500]) {
          readKaleyraAnswer({ status, retryAfterMs: null, text: bytes.toString('utf8') });
        }
      },
    },
    {
      name: 'Retry-After',
      corpus: ['120', 'Wed, 21 Oct 2026 07:28:00 GMT', '0', '1.5'].map((text) => Buffer.from(text)),
      feed(bytes) {
        const delayMs = parseRetryAfterMs(bytes.toString('latin1'), Date.UTC(2026, 1, 1));
        assert.ok(delayMs === null || delayMs >= 0);
      },
    },
  ];
}

function archives({ directory }: Bench, config: Config): FuzzTarget {
  const callback = { receivedAt: '2025-01-01T00:00:00Z', kind: 'historical-callback' };
  const body = JSON.stringify({ saveMessageResponse: [{ sourceUuid: 'a', errors: [{ errorCode: 'E' }] }] });
  return {
    name: 'archives',
    corpus: [...fixtures(/^events-.*\.ndjson$/), Buffer.from(`${JSON.stringify({ ...callback, body })}\n`)],
    async feed(bytes) {
      writeFileSync(join(directory, 'archive.ndjson'), bytes);
      const setting = { config, directory, ledgerPath: join(directory, 'none.db') };
      const [archive] = await evidenceArchives(setting, ['archive.ndjson'], { cwd: directory });
      assert.ok(archive !== undefined);
      for await (const { evidence } of archive.read(new AbortController().signal)) {
        for (const { sourceUuid, messageUuid } of evidence)
          assert.ok(sourceUuid !== null || messageUuid !== null);
      }
    },
  };
}

const ANSWER_WITHIN_MS = 2_000;

async function receiver({ directory, closers }: Bench): Promise<FuzzTarget> {
  const defects: unknown[] = [];
  const started = await startReceiver({
    ...{ host: '127.0.0.1', port: 0, archiveDirectory: join(directory, 'deliveries') },
    events: { signatureSecrets: ['secret'], authorizationTokens: ['token'] },
    callbackTokens: [CALLBACK_TOKEN],
    ...{
      maxBodyBytes: 10_000,
      maxConnections: 64,
      maxArchiveFileBytes: 10_000_000,
      rememberedDeliveries: 1_000,
    },
    clock: systemClock,
    onTrouble: ({ reason, cause }) => {
      if (reason === 'DEFECT') defects.push(cause);
    },
  });
  closers.push(() => started.close());
  const request = (head: string, body: string) =>
    Buffer.from(
      `${head} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  return {
    name: 'receiver',
    corpus: [
      request('POST /events/mykaarma', '{"id":"a","payload":"{}"}'),
      request(`PUT /callbacks/${CALLBACK_TOKEN}/text?a=b`, '{"status":"SENT"}'),
      request(`POST /callbacks/${CALLBACK_TOKEN}/historical`, '[]'),
      request('GET /health', ''),
    ],
    async feed(bytes) {
      const connection = rawConnection(started);
      connection.write(bytes);
      // A request that is not finished is waited for by right: the receiver's own limits are tested elsewhere.
      await Promise.race([connection.received('HTTP/1.1 '), connection.ended, setTimeout(20)]);
      connection.destroy();
      assert.deepEqual(defects, []);
      const health = await fetch(`http://127.0.0.1:${started.port}/health`, {
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      assert.equal(health.status, 200);
      await health.arrayBuffer();
    },
  };
}

/** Contents of the fixtures whose file name fits. */
function fixtures(name: RegExp): Buffer[] {
  const found = readdirSync(join(REPOSITORY, 'fixtures'), { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile() && name.test(entry.name));
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => readFileSync(path).subarray(0, MAX_CORPUS_BYTES));
}
