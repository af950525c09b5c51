import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  judgeWhatsApp,
  type KaleyraRequest,
  kaleyraAlterations,
} from '../../src/simulator/kaleyra-contract.ts';
import { changed, dotted, type Path, walk } from '../support/judged-document.ts';

/** The sample document of Kaleyra's reference, with a number that can be one. */
const SAMPLE = {
  messaging_object: {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: '+919900000000',
    type: 'text',
    text: { preview_url: 'false', body: 'This is the sample message' },
  },
  extra_info: { ref: 'customer1', ref1: 'marketing', ref2: 'dictionary', wa_source: 'api' },
};
const PATHS = [...walk(SAMPLE)];
const REQUIRED = new Set([
  'messaging_object',
  'messaging_object.messaging_product',
  'messaging_object.to',
  'messaging_object.text',
  'messaging_object.text.body',
]);

function judge(document: unknown): string[] {
  return judgeWhatsApp(document).map(({ path, code }) => `${path} ${code}`);
}

function judgeWith(path: Path, value: unknown): string[] {
  return judge(changed(SAMPLE, path, value));
}

suite('the judge of WhatsApp messages', () => {
  test('accepts the sample of the reference, and the least that is a message', () => {
    assert.deepEqual(judge(SAMPLE), []);
    const least = { messaging_product: 'whatsapp', to: '919900000000', text: { body: 'x' } };
    assert.deepEqual(judge({ messaging_object: least }), []);
  });

  test('refuses another JSON type at every path of the sample', () => {
    for (const { path, value } of PATHS) {
      for (const other of [null, 'text', 5, true, [], {}]) {
        if (other !== null && typeof other === typeof value && !Array.isArray(other)) continue;
        if (path.at(-1) === 'preview_url' && other === true) continue;
        const found = judgeWith(path, other);
        assert.match(found[0] ?? '', new RegExp(`^${dotted(path)} (WRONG_TYPE|NOT_A_BOOLEAN)$`));
        assert.equal(found.length, 1);
      }
    }
  });

  test('accepts the absence of every field that is optional, and of no other', () => {
    for (const { path } of PATHS) {
      assert.equal(judgeWith(path, undefined).length > 0, REQUIRED.has(dotted(path)), dotted(path));
    }
  });

  test('refuses an unknown field in every object', () => {
    assert.deepEqual(judgeWith(['extra'], 1), ['extra UNKNOWN_FIELD']);
    for (const { path, value } of PATHS) {
      if (typeof value !== 'object') continue;
      assert.deepEqual(judgeWith([...path, 'extra'], 1), [`${dotted(path)}.extra UNKNOWN_FIELD`]);
    }
  });

  test('takes the only values that the reference allows', () => {
    for (const [name, other] of [
      ['messaging_product', 'sms'],
      ['recipient_type', 'group'],
      ['type', 'image'],
    ] as const) {
      assert.deepEqual(judgeWith(['messaging_object', name], other), [
        `messaging_object.${name} NOT_IN_LIST`,
      ]);
    }
  });

  test('takes one or several E.164 numbers, with a plus sign or without, and no blanks', () => {
    const path = ['messaging_object', 'to'];
    for (const good of ['919900000000', '+919900000000', '+919900000000,919900000001']) {
      assert.deepEqual(judgeWith(path, good), [], good);
    }
    for (const bad of [
      '0919900000000',
      '+91 9900000000',
      '919900000000, 919900000001',
      '919900000000,',
      'x',
    ]) {
      assert.deepEqual(judgeWith(path, bad), ['messaging_object.to NOT_A_PHONE'], bad);
    }
    assert.deepEqual(judgeWith(path, ''), ['messaging_object.to REQUIRED']);
  });

  test('takes bodies of 1 to 4096 UTF-16 units', () => {
    const path = ['messaging_object', 'text', 'body'];
    assert.deepEqual(judgeWith(path, 'x'.repeat(4_096)), []);
    assert.deepEqual(judgeWith(path, '😀'.repeat(2_048)), []);
    assert.deepEqual(judgeWith(path, 'x'.repeat(4_097)), ['messaging_object.text.body TOO_LONG']);
    assert.deepEqual(judgeWith(path, `${'😀'.repeat(2_048)}x`), ['messaging_object.text.body TOO_LONG']);
    assert.deepEqual(judgeWith(path, ''), ['messaging_object.text.body REQUIRED']);
  });

  test('takes preview_url as the table has it and as the samples have it', () => {
    const path = ['messaging_object', 'text', 'preview_url'];
    for (const good of ['true', 'false', true, false]) assert.deepEqual(judgeWith(path, good), []);
    for (const bad of ['', 'TRUE', 'yes', 1]) {
      assert.deepEqual(judgeWith(path, bad), ['messaging_object.text.preview_url NOT_A_BOOLEAN']);
    }
  });

  test('takes long refs and other sources too, as the reference says, and tells what it alters', () => {
    const alterationsOf = (extra: Record<string, string>) => {
      const document = { ...SAMPLE, extra_info: { ...SAMPLE.extra_info, ...extra } };
      assert.deepEqual(judge(document), []);
      return kaleyraAlterations(document as KaleyraRequest);
    };
    assert.deepEqual(alterationsOf({ ref: 'x'.repeat(255), wa_source: 'moengage' }), []);
    assert.deepEqual(alterationsOf({ ref1: 'x'.repeat(256), wa_source: 'backhaul' }), [
      'REF_CUT',
      'WA_SOURCE_OVERRIDDEN',
    ]);
  });
});
