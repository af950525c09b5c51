import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPhoneReader, PHONE_FAULTS } from '../../src/mapping/phone.ts';

function read(text: string, region = 'US'): string {
  const reading = createPhoneReader(region)(text);
  return 'e164' in reading ? reading.e164 : reading.fault;
}

for (const text of [
  '+13105550100',
  '(310) 555-0100',
  '310.555.0100',
  '13105550100',
  '\u00a0310 555\u202f0100 ',
  '\u202a+1 310-555-0100\u202c',
  'whatsapp:+13105550100',
  'tel:+1-310-555-0100',
  '310-555-0100 ext. 12',
  '3105550100 x5',
  '3105550100.0',
  '\uff13\uff11\uff10\uff15\uff15\uff15\uff10\uff11\uff10\uff10',
]) {
  test(`${JSON.stringify(text)} is a number of the United States`, () => {
    assert.equal(read(text), '+13105550100');
  });
}

test('numbers reserved for fiction are possible, though never in service', () => {
  assert.equal(read('555-555-0100'), '+15555550100');
  assert.equal(read('07700 900123', 'GB'), '+447700900123');
  assert.equal(read('020 7946 0123', 'GB'), '+442079460123');
});

test('a number with its country code needs no plus in its own region, and any region takes a plus', () => {
  assert.equal(read('447700900123', 'GB'), '+447700900123');
  assert.equal(read('+447700900123', 'US'), '+447700900123');
  assert.equal(read('447700900123', 'US'), 'PHONE_INVALID', 'guessing the country would invent a customer');
});

for (const [fault, cells] of Object.entries({
  PHONE_SPREADSHEET: ['3.10817E+09', '1.31056E+10', '3,10817e+09', '########'],
  PHONE_WITHHELD: [
    '-1',
    'Anonymous',
    'anonymous',
    'Withheld',
    'No Caller ID',
    'Private Number',
    '0000000000',
  ],
  PHONE_ALPHANUMERIC: ['ACME MOTORS', 'MyDealer1', 'Иван', '1-800-FLOWERS'],
  PHONE_SHORT_CODE: ['55512', '911', '262966'],
  PHONE_SEVERAL: [
    '3105550100, 3105550101',
    '+13105550100;+13105550101',
    '310-555-0100 / 310-555-0101',
    '3105550100 and 3105550101',
    '+13105550100 +13105550101',
    '3105550100\n3105550101',
  ],
  PHONE_INVALID: ['555-0100', '31055501', '+1310555010099', '+999 12345678', '', '()', '9'.repeat(300)],
})) {
  for (const cell of cells) {
    test(`${JSON.stringify(cell.slice(0, 30))} is refused as ${fault}`, () => {
      assert.equal(read(cell), fault);
    });
  }
}

test('whatever the cell holds, the answer is a number in E.164 or a known fault', () => {
  const readPhone = createPhoneReader('US');
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\d+() .x;-]{0,24}$/)),
      (text) => {
        const reading = readPhone(text);
        if ('e164' in reading) assert.match(reading.e164, /^\+\d{6,15}$/);
        else assert.ok(Object.hasOwn(PHONE_FAULTS, reading.fault));
        assert.deepEqual(readPhone(text), reading, 'remembered as it was read');
      },
    ),
    { numRuns: 500 },
  );
});

test('what has been read reads as itself', () => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 999 }), fc.integer({ min: 0, max: 199 }), (area, line) => {
      const number = `+1${area}55501${String(line).padStart(2, '0').slice(-2)}`;
      assert.equal(read(number), number);
    }),
  );
});

test('a region without phone numbers is refused', () => {
  assert.throws(() => createPhoneReader('XX'), { name: 'UsageError', code: 'UNKNOWN_REGION' });
});
