import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createIdentifierSearch } from '../src/identifier-search.ts';

const UUID = '7c1e0f4a-1111-4222-8333-44445555aaaa';

async function* chunksOf(bytes: Buffer, chunkBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

test('an identifier counts where it stands alone', () => {
  const { isIn } = createIdentifierSearch(['cust-12']);
  for (const text of [
    'cust-12',
    '"cust-12"',
    'x/cust-12.csv',
    'é cust-12é',
    '=cust-12&',
    '\\ncust-12',
    '%20cust-12',
  ]) {
    assert.ok(isIn(text), text);
  }
  for (const text of ['cust-1', 'cust-123', 'acust-12', 'cust-12-3', 'cust-12_', 'Cust-12', '']) {
    assert.ok(!isIn(text), text);
  }
});

test('a random one counts wherever it stands, as beside other columns of a database', () => {
  const { isIn } = createIdentifierSearch([UUID]);
  assert.ok(isIn(`1${UUID}2`));
  assert.ok(!isIn(UUID.slice(1)));
});

test('it is found as JSON within JSON and as URLs spell it', () => {
  const identifier = 'say "hi" \\ + ü/1';
  const { isIn } = createIdentifierSearch([identifier]);
  let text = identifier;
  for (let depth = 0; depth < 4; depth += 1) {
    assert.ok(isIn(text), text);
    text = JSON.stringify({ text });
  }
  assert.ok(isIn(`?id=${encodeURIComponent(identifier)}&x`));
});

test('what is too short to be told from other text is not looked for, and counted', () => {
  const search = createIdentifierSearch(['cust1', 'cust-1', 'cust-1', '12345678901', '123456789012', '']);
  assert.deepEqual([search.searched, search.tooShort], [2, 3]);
  assert.ok(!search.isIn('cust1 12345678901'));
});

test('property: in chunks of any size as many are found as were put there', async () => {
  const identifier = fc.constantFrom(
    'cust-12',
    'cust-123',
    'abcdef',
    'abcdefg',
    UUID,
    UUID.replace('7', '8'),
  );
  const noise = fc.stringMatching(/^[ a-f;"\\-]{0,20}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(identifier, noise), { maxLength: 30 }),
      fc.uniqueArray(identifier, { minLength: 1 }),
      fc.integer({ min: 1, max: 64 }),
      async (places, looked, chunkBytes) => {
        const text = places.map(([one, between]) => `${one} ${between.replaceAll('abcdef', '')} `).join('');
        const expected = places.filter(([one]) => looked.includes(one)).length;
        const search = createIdentifierSearch(looked);
        assert.equal(await search.countIn(chunksOf(Buffer.from(text), chunkBytes)), expected);
        assert.equal(search.isIn(text), expected > 0);
      },
    ),
  );
});
