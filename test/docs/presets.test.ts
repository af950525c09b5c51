import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { PRESETS } from '../../src/config/mapping-schema.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { kaleyraReport } from '../../src/mapping/presets/kaleyra-report.ts';
import { presetMapping } from '../support/preset-mapping.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { fences, page, REPOSITORY } from './pages.ts';

const PAGES = [page('docs/message-events.md'), page('docs/kaleyra.md')];

for (const { path, text } of PAGES.flatMap(fences).filter(({ text }) => text.includes('"stream"'))) {
  test(`the configuration of ${path} can be used as it stands`, async (t) => {
    const directory = temporaryDirectory(t);
    writeFileSync(join(directory, 'pipeline.config.json'), text);
    writeFileSync(join(directory, 'customers.csv'), 'phone,customerUuid\n+13105550142,c\n');
    writeFileSync(join(directory, 'numbers.csv'), 'number,departmentUuid\n+13105550100,d\n');
    const { config } = await loadConfig({ path: 'pipeline.config.json', cwd: directory });
    await loadMapping(config, { baseDirectory: directory });
  });
}

for (const name of ['message-events', 'kaleyra-report', 'kaleyra-log']) {
  test(`examples/${name}.jsonc is valid, documented, and points at this machine only`, async () => {
    const path = `examples/${name}.jsonc`;
    const { config, directory } = await loadConfig({ path, cwd: REPOSITORY });
    await loadMapping(config, { baseDirectory: directory });
    assert.ok(config.destination.type === 'mykaarma-historical');
    assert.equal(new URL(config.destination.baseUrl).hostname, '127.0.0.1');
    assert.ok(PAGES.some(({ text }) => text.includes(path)));
  });
}

test('rules that the pages quote can be used', () => {
  const quoted = PAGES.flatMap(({ text }) => [
    ...text.replaceAll('\n', ' ').matchAll(/`"((?:messageAttributes|skip)[\w.]*)": ((?:\{|\[).*?)`[:;.,* ]/g),
  ]);
  assert.ok(quoted.length >= 4);
  for (const [, key = '', json = ''] of quoted) {
    const value: unknown = JSON.parse(json);
    const own = key === 'skip' ? { skip: value as unknown[] } : { mapping: { [key]: value } };
    assert.doesNotThrow(() => presetMapping('mykaarma-message-events', own), json);
  }
});

test('every preset is documented', () => {
  for (const preset of PRESETS)
    assert.ok(
      PAGES.some(({ text }) => text.includes(`"preset": "${preset}"`)),
      preset,
    );
});

test('every column of Kaleyra’s report that the preset names is documented', () => {
  const { mapping } = kaleyraReport.rules({ zone: 'UTC' }, kaleyraReport.codes);
  const named = JSON.stringify(mapping).match(/"[A-Z][A-Z_0-9]+"/g) ?? [];
  const columns = new Set(named.filter((one) => !/"(?:TEXT|WHATSAPP|API|CAMPAIGN|UTC)"/.test(one)));
  assert.ok(columns.size >= 18);
  for (const column of columns) {
    assert.ok(page('docs/kaleyra.md').text.includes(column.replaceAll('"', '`')), column);
  }
});
