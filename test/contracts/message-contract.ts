/**
 * What every wire contract of messages promises, whatever API it is of. An implementation joins with its contract and an
 * item that has every field of the reference, as a mapping would build it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contractAt } from '../../src/messages/contract-tree.ts';
import type { CheckedItem, Item, MessageContract } from '../../src/messages/message-contract.ts';

export interface ContractUnderTest {
  readonly name: string;
  readonly contract: MessageContract;
  /** A new one for each call. */
  wholeItem(): Item;
}

const NOW_MS = Date.UTC(2030, 0, 1);
const ENVELOPE = { departmentUuid: 'department-1', customerUuid: 'customer-1' };

export function messageContract({ name, contract, wholeItem }: ContractUnderTest): void {
  const promise = (title: string) => `${name} (contract): ${title}`;
  const check = (item: Item): CheckedItem => {
    contract.complete(item);
    return contract.check(item, NOW_MS);
  };
  const valid = (item: Item): Item => {
    const checked = check(item);
    assert.ok(checked.kind === 'valid', JSON.stringify(checked));
    return checked.item;
  };
  const sent = (item: Item) => {
    const [message] = contract.messagesOf(item, ENVELOPE);
    assert.ok(message !== undefined);
    return message;
  };
  const isEnvelope = (key: string) => (contract.envelopeKeys as readonly string[]).includes(key);
  const itemKeys = contract.requiredKeys.filter((keys) =>
    keys.every((key) => key !== 'sourceUuid' && !isEnvelope(key)),
  );

  test(promise('whatever it names is a field'), () => {
    const named = [
      ...itemKeys.flat(),
      ...contract.recommendedKeys.map(({ key }) => key),
      ...Object.entries(contract.explainedBy).flatMap(([field, explaining]) => [field, ...explaining]),
      contract.textField,
    ];
    for (const key of named) assert.notEqual(contractAt(contract.fields, key.split('.')), null, key);
  });

  test(
    promise('an item with every field is valid, and gives the same bytes in whatever order its keys came'),
    () => {
      const bytes = JSON.stringify(valid(wholeItem()));
      fc.assert(
        fc.property(fc.infiniteStream(fc.nat()), (draws) => {
          assert.equal(JSON.stringify(valid(shuffled(wholeItem(), draws) as Item)), bytes);
        }),
        { numRuns: 20 },
      );
    },
  );

  test(promise('what is valid stays so when it is checked again'), () => {
    const once = valid(wholeItem());
    assert.deepEqual(valid(structuredClone(once)), once);
  });

  test(promise('what people read is told from what goes out'), () => {
    const text = contract.textOf(sent(valid(wholeItem())).item);
    assert.ok(text.length > 0);
    assert.equal(text, at(wholeItem(), contract.textField));
  });

  test(promise('an identity adds to an item and takes nothing away'), () => {
    const { item } = sent(valid(wholeItem()));
    const identified = contract.identified(item, 'source-1');
    for (const key of Object.keys(item)) assert.ok(Object.hasOwn(identified, key), key);
    assert.equal(JSON.stringify(contract.identified(item, 'source-1')), JSON.stringify(identified));
  });

  for (const [key = '', ...others] of itemKeys) {
    test(promise(`without ${[key, ...others].join(' and ')} the fault is ${key}, in one error`), () => {
      const item = wholeItem();
      for (const field of [key, ...others]) remove(item, field);
      const checked = check(item);
      assert.ok(checked.kind === 'invalid');
      assert.deepEqual(
        checked.errors.map(({ field, code }) => `${field} ${code}`),
        [`${key} REQUIRED`],
      );
    });
  }

  test(promise('an unknown field is refused, and no value is ever quoted'), () => {
    const secret = 'Jane Doe of 1 Example Street';
    const checked = check({
      ...wholeItem(),
      [contract.textField.split('.')[0] as string]: secret,
      unknown: secret,
    });
    assert.ok(checked.kind === 'invalid');
    assert.ok(checked.errors.some(({ field, code }) => field === 'unknown' && code === 'UNKNOWN_FIELD'));
    assert.ok(!JSON.stringify(checked.errors).includes('Jane'));
  });
}

function shuffled(value: unknown, draws: Iterator<number>): unknown {
  if (Array.isArray(value)) return value.map((element) => shuffled(element, draws));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, nested]) => ({ key, nested: shuffled(nested, draws), place: draws.next().value as number }))
      .sort((one, other) => one.place - other.place)
      .map(({ key, nested }) => [key, nested]),
  );
}

function at(item: Item, field: string): unknown {
  return field.split('.').reduce<unknown>((value, segment) => (value as Item)[segment], item);
}

function remove(item: Item, field: string): void {
  const segments = field.split('.');
  const last = segments.pop() as string;
  delete (at({ item }, ['item', ...segments].join('.')) as Item)[last];
}
