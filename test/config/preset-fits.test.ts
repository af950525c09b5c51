import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PRESETS } from '../../src/config/mapping-schema.ts';
import { assertPresetFits } from '../../src/config/preset-fits.ts';
import { configSchema } from '../../src/config/schema.ts';

const historical = {
  type: 'mykaarma-historical',
  baseUrl: 'https://api.example.com',
  auth: { username: { env: 'U' }, password: { env: 'P' } },
};

function config(preset: string | undefined, format: string, destination: object = historical) {
  return configSchema.parse({ stream: 's', source: { format, files: ['*'] }, preset, destination });
}

test('each preset goes with the source format of its own, and with historical messages', () => {
  const formats = ['message-events', 'kaleyra-report', 'kaleyra-log', 'csv', 'ndjson'];
  for (const preset of PRESETS) {
    const fitting = formats.filter((format) => {
      try {
        assertPresetFits(config(preset, format));
        return true;
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'PRESET_MISPLACED');
        return false;
      }
    });
    assert.deepEqual(fitting, [preset.replace('mykaarma-', '')]);
  }
  const text = { ...historical, type: 'mykaarma-text' };
  assert.throws(() => assertPresetFits(config('kaleyra-log', 'kaleyra-log', text)), {
    code: 'PRESET_MISPLACED',
  });
});

test('without a preset everything goes', () => {
  for (const format of ['csv', 'message-events']) assertPresetFits(config(undefined, format));
});
