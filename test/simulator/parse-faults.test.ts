import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { UsageError } from '../../src/errors.ts';
import { FAULTS, REHEARSAL_FAULTS } from '../../src/simulator/faults.ts';
import { checkFaults, parseFaults } from '../../src/simulator/parse-faults.ts';

suite('fault rules as text', () => {
  test('read a list of names with their conditions', () => {
    assert.deepEqual(parseFaults('reset-after:0.05, http-503:10%,omit:#7,'), [
      { fault: 'reset-after', probability: 0.05 },
      { fault: 'http-503', probability: 0.1 },
      { fault: 'omit', every: 7 },
    ]);
    assert.deepEqual(parseFaults('http-404:customer=c-*:x2:attempt=1'), [
      { fault: 'http-404', customerUuid: 'c-*', first: 2, attempt: 1 },
    ]);
    assert.deepEqual(parseFaults('outage:during=10s+1m30s'), [
      { fault: 'outage', during: { startMs: 10_000, durationMs: 90_000 } },
    ]);
    assert.deepEqual(parseFaults('refuse:source=a=b:department=d'), [
      { fault: 'refuse', sourceUuid: 'a=b', departmentUuid: 'd' },
    ]);
    assert.deepEqual(parseFaults('http-503:api=kaleyra'), [{ fault: 'http-503', api: 'kaleyra' }]);
    assert.deepEqual(parseFaults(''), []);
  });

  test('know every fault of the table by its name', () => {
    for (const { name } of FAULTS) {
      const [rule] = parseFaults(name === 'outage' ? 'outage:during=0s+1s' : name);
      assert.equal(rule?.fault, name);
    }
  });

  for (const [text, suggestion] of [
    ['reset', /reset-before or reset-after/],
    ['http-53', /Did you mean http-503/],
    ['omitt:#7', /Did you mean omit\?/],
    [':0.5', /Did you mean/],
  ] as const) {
    test(`suggest what "${text}" may have meant`, () => {
      assert.throws(
        () => parseFaults(text),
        (error) =>
          error instanceof UsageError && error.code === 'UNKNOWN_FAULT' && suggestion.test(error.fix),
      );
    });
  }

  for (const text of [
    'omit:1.5',
    'omit:101%',
    'omit:#0',
    'omit:x',
    'omit:sometimes',
    'omit:colour=red',
    'omit:source=',
    'omit:api=carrier-pigeon',
    'omit:api=text',
    'kaleyra-e110:api=historical',
    'omit:during=10s',
    'omit:during=10s+later',
    'outage',
    'outage:0.5:during=1s+1s',
  ]) {
    test(`refuse "${text}" and say how conditions are written`, () => {
      assert.throws(
        () => parseFaults(text),
        (error) => error instanceof UsageError && error.code === 'FAULT_CONDITION' && /#7/.test(error.fix),
      );
    });
  }

  test('made by a program are checked likewise', () => {
    assert.throws(() => checkFaults([{ fault: 'no-such' }]), UsageError);
    assert.throws(() => checkFaults([{ fault: 'omit', probability: 2 }]), UsageError);
    assert.doesNotThrow(() => checkFaults(REHEARSAL_FAULTS));
  });

  test('have unique names with descriptions', () => {
    assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
    for (const { name, description } of FAULTS) assert.ok(description.length > 5, name);
  });
});
