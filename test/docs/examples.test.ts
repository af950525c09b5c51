import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import type { MappingResult } from '../../src/mapping/mapping.ts';
import { messageOf } from '../support/compiled-mapping.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type Fence, fences, page, pages, REPOSITORY } from './pages.ts';

type Document = Record<string, unknown>;

const EXAMPLE = documentsOf('README.md').find(
  (document) => 'stream' in document && 'mapping' in document,
) as Document;

test('the README’s configuration can be used as it stands', () => {
  configSchema.parse(EXAMPLE);
});

test('JSON in the documentation is JSON', () => {
  for (const { path, text } of pages()
    .flatMap(fences)
    .filter(({ language }) => language === 'json')) {
    assert.doesNotThrow(() => JSON.parse(text), `${path}: ${text}`);
  }
});

for (const document of documentsOf('docs/mapping.md')) {
  test(`the mapping guide's ${Object.keys(document).join(', ')} can be compiled`, async (t) => {
    const directory = temporaryDirectory(t);
    writeFileSync(join(directory, 'customers.csv'), 'phone,customerUuid\n');
    const isSkipList = Array.isArray(document);
    const config = configSchema.parse({
      ...EXAMPLE,
      ...(isSkipList ? { skip: document } : { mapping: { ...(EXAMPLE.mapping as Document), ...document } }),
    });
    await loadMapping(config, { baseDirectory: directory, clock: systemClock });
  });
}

for (const document of documentsOf('docs/live-sends.md')) {
  test(`the guide to live sends: the configuration of ${document.stream} can be used as it stands`, async (t) => {
    await loadMapping(configSchema.parse(document), {
      baseDirectory: temporaryDirectory(t),
      clock: systemClock,
    });
  });
}

test('the mapping guide’s mapper finds the customer at the other end, and every attachment', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'customers.csv'), 'phone,customerUuid\n(310) 555-0123,customer-1\n');
  const [mapper] = fences(page('docs/mapping.md')).filter(({ language }) => language === 'js') as [Fence];
  writeFileSync(join(directory, 'mapper.mjs'), mapper.text);
  const { customerUuid: _, ...rules } = EXAMPLE.mapping as Document;
  const config = configSchema.parse({ ...EXAMPLE, mapping: rules, mapper: './mapper.mjs' });
  const mapping = await loadMapping(config, { baseDirectory: directory, clock: systemClock });
  const map = (From: string, To: string, Direction: string): MappingResult =>
    mapping.map({
      fields: {
        ...{ From, To, Direction, Sid: 's-1', Body: '', SentDate: '2025-01-02 03:04:05' },
        MediaUrls: 'https://media.example.com/1.jpg https://media.example.com/2.jpg',
      },
      position: { file: 'export.csv', line: 2, byte: 100, index: 0 },
    });

  for (const result of [
    map('+13105550123', '+16285550191', 'inbound'),
    map('+16285550191', '+13105550123', 'outbound'),
  ]) {
    const { envelope, item } = messageOf(result);
    assert.equal(envelope.customerUuid, 'customer-1');
    assert.equal(item.messageAttributes.attachments?.length, 2);
  }
  assert.equal(map('+13105550199', '+16285550191', 'inbound').kind, 'rejected');
});

for (const name of [
  'pipeline.config.json',
  'fixtures/legacy-json/json.config.json',
  'fixtures/legacy-json/ndjson.config.json',
]) {
  test(`${name} is valid and points at this machine only`, async () => {
    const { config, directory } = await loadConfig({
      path: name,
      explicit: true,
      overrides: [],
      cwd: REPOSITORY,
    });
    await loadMapping(config, { baseDirectory: directory, clock: systemClock });
    assert.equal(new URL(config.destination.baseUrl).hostname, '127.0.0.1');
  });
}

function documentsOf(path: string): Document[] {
  return fences(page(path))
    .filter(({ language }) => language === 'json')
    .map(({ text }) => JSON.parse(text) as Document);
}
