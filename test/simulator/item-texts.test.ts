import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { itemTexts } from '../../src/simulator/item-texts.ts';

function textsOf(json: string): string[] {
  return itemTexts(Buffer.from(json, 'utf8'), 'list').map((text) => text.toString('utf8'));
}

suite('the texts of items', () => {
  test('are the elements of the array, byte for byte, whatever stands beside it', () => {
    const element = fc.json({ maxDepth: 3 });
    const blank = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
    fc.assert(
      fc.property(
        fc.array(element, { maxLength: 6 }),
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), element), { maxLength: 3 }),
        blank,
        fc.nat(3),
        (elements, others, space, place) => {
          const members = others
            .filter(([name]) => name !== 'list')
            .map(([name, value]) => `${space}${JSON.stringify(name)}${space}:${space}${value}${space}`);
          members.splice(place, 0, `"list":[${space}${elements.join(`${space},${space}`)}${space}]${space}`);
          const found = textsOf(`${space}{${members.join(',')}}${space}`);
          assert.deepEqual(
            found,
            elements.map((text) => text.trim()),
          );
        },
      ),
    );
  });

  test('keep escapes, numbers and key order as written', () => {
    const items = ['{"b":1.50,"a":"\\u00e9\\"]}"}', '-0.0e+5', '"\\\\"', '[[],{}]'];
    assert.deepEqual(textsOf(`{"x":"\\"list\\":[","list":[ ${items.join(' , ')} ]}`), items);
  });

  test('are those of the last array when the key comes twice, as JSON.parse has it', () => {
    assert.deepEqual(textsOf('{"list":[1,2],"l\\u0069st":[3]}'), ['3']);
  });

  test('are none when there is no such array', () => {
    assert.deepEqual(textsOf('{}'), []);
    assert.deepEqual(textsOf('{"list":{},"other":{"list":[1]}}'), []);
  });
});
