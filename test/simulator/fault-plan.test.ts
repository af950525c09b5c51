import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { APIS, type Api } from '../../src/simulator/api.ts';
import { chance } from '../../src/simulator/chance.ts';
import { createFaultPlan } from '../../src/simulator/fault-plan.ts';
import { parseFaults } from '../../src/simulator/parse-faults.ts';

function planOf(text: string, seed = 1, elapsedMs = () => 0) {
  const plan = createFaultPlan(parseFaults(text), seed, elapsedMs);
  return {
    item: (sourceUuid: string, attempt = 1, customerUuid = 'c', departmentUuid = 'd') =>
      plan.strikeItem({ api: 'historical', departmentUuid, customerUuid, sourceUuid, attempt })?.name ?? null,
    request: (sourceUuids: string[], attempt = 1, customerUuid = 'c', api: Api = 'historical') =>
      plan.strikeRequest({
        api,
        departmentUuid: 'd',
        customerUuid,
        items: sourceUuids.map((sourceUuid) => ({ sourceUuid, attempt })),
      })?.name ?? null,
  };
}

const UUIDS = Array.from({ length: 2_000 }, (_, number) => `SM${number}`);

suite('fault plans', () => {
  test('strike always without conditions, and items and requests apart', () => {
    const plan = planOf('omit,http-503');
    assert.equal(plan.item('a'), 'omit');
    assert.equal(plan.request(['a']), 'http-503');
  });

  test('strike about as often as the chance says', () => {
    const plan = planOf('omit:0.1');
    const struck = UUIDS.filter((uuid) => plan.item(uuid)).length;
    assert.ok(struck > 150 && struck < 250, `${struck} of 2000`);
  });

  test('strike the same whatever the order of arrival, and others with another seed', () => {
    const struck = (uuids: string[], seed: number) => {
      const plan = planOf('omit:0.1,reset-after:0.1', seed);
      return uuids.filter((uuid) => plan.item(uuid) || plan.request([uuid])).sort();
    };
    assert.deepEqual(struck(UUIDS, 1), struck(UUIDS.toReversed(), 1));
    assert.notDeepEqual(struck(UUIDS, 1), struck(UUIDS, 2));
  });

  test('refuse the same items at every attempt, but change their mood about others', () => {
    const plan = planOf('refuse:0.5');
    const moody = planOf('omit:0.5');
    assert.ok(UUIDS.every((uuid) => plan.item(uuid, 1) === plan.item(uuid, 2)));
    assert.ok(UUIDS.some((uuid) => moody.item(uuid, 1) !== moody.item(uuid, 2)));
  });

  test('strike every n-th, and only the first n, times that the other conditions hold', () => {
    const every = planOf('omit:#3:customer=c');
    assert.deepEqual(
      ['a', 'b', 'x', 'c', 'd', 'e', 'f'].map((uuid) => every.item(uuid, 1, uuid === 'x' ? 'other' : 'c')),
      [null, null, null, 'omit', null, null, 'omit'],
    );
    const first = planOf('http-503:x2');
    assert.deepEqual(
      ['a', 'b', 'c'].map((uuid) => first.request([uuid])),
      ['http-503', 'http-503', null],
    );
  });

  test('match patterns as a whole, with * for anything and nothing else special', () => {
    const plan = planOf('omit:source=a.*-z');
    assert.equal(plan.item('a.bc-z'), 'omit');
    assert.equal(plan.item('a.-z'), 'omit');
    assert.equal(plan.item('abc-z'), null);
    assert.equal(plan.item('a.bc-zz'), null);
    assert.equal(planOf('http-403:source=bad').request(['good', 'bad']), 'http-403');
    assert.equal(planOf('omit:department=d').item('a', 1, 'c', 'dd'), null);
  });

  test('strike at the attempt and in the time named', () => {
    const attempt = planOf('omit:attempt=2,http-500:attempt=2');
    assert.deepEqual([attempt.item('a', 1), attempt.item('a', 2)], [null, 'omit']);
    assert.deepEqual([attempt.request(['a'], 1), attempt.request(['a'], 2)], [null, 'http-500']);
    let elapsedMs = 0;
    const window = planOf('http-503:during=1s+2s', 1, () => elapsedMs);
    const found = [999, 1_000, 2_999, 3_000].map((atMs) => {
      elapsedMs = atMs;
      return window.request(['a']);
    });
    assert.deepEqual(found, [null, 'http-503', 'http-503', null]);
  });

  test('strike only the APIs that the fault and the rule name', () => {
    const strikes = (text: string) =>
      APIS.filter((api) => planOf(text).request(['a'], 1, 'c', api) !== null).join(' ');
    assert.equal(strikes('http-503'), 'historical text kaleyra');
    assert.equal(strikes('http-503:api=text'), 'text');
    assert.equal(strikes('null-lists'), 'historical');
    assert.equal(strikes('kaleyra-e110'), 'kaleyra');
  });

  test('let the first rule win', () => {
    assert.equal(planOf('http-503:source=a,http-429').request(['a']), 'http-503');
    assert.equal(planOf('http-503:source=a,http-429').request(['b']), 'http-429');
  });
});

test('chance is even over neighbouring names', () => {
  const buckets = Array.from({ length: 10 }, () => 0);
  for (const uuid of UUIDS) {
    const bucket = Math.floor(chance(1, uuid) * 10);
    buckets[bucket] = (buckets[bucket] as number) + 1;
  }
  assert.ok(
    buckets.every((count) => count > 140 && count < 260),
    buckets.join(' '),
  );
});
