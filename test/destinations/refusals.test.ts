import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOfStatus } from '../../src/destinations/refusals.ts';

const TABLE: readonly [string, readonly number[], string, boolean, boolean][] = [
  // statuses, recovery, ambiguous, consumes an attempt
  [
    'bad credentials, redirects, wrong method or type',
    [401, 301, 302, 303, 307, 308, 304, 405, 407, 415],
    'stop',
    false,
    true,
  ],
  ['not allowed', [403], 'park-department', false, true],
  ['not there', [404], 'fail-customer', false, true],
  ['too large', [413], 'halve', false, true],
  ['too slow, too early, not now', [408, 425, 503], 'retry', false, true],
  ['too many', [429], 'retry', false, false],
  [
    'server errors after which nobody knows',
    [500, 502, 504, 501, 505, 507, 520, 599, 999],
    'retry',
    true,
    true,
  ],
  ['the request is to blame', [400, 402, 406, 409, 410, 411, 422, 451, 499], 'bisect', false, true],
];

for (const [title, statuses, recovery, ambiguous, consumesAttempt] of TABLE) {
  test(`${title} (${statuses.join(', ')}): ${recovery}${ambiguous ? ', ambiguous' : ''}`, () => {
    for (const status of statuses) {
      const refusal = refusalOfStatus(status, null);
      assert.deepEqual(
        [refusal.recovery, refusal.ambiguous, refusal.consumesAttempt, refusal.code, refusal.retryAfterMs],
        [recovery, ambiguous, consumesAttempt, `HTTP_${status}`, null],
        String(status),
      );
    }
  });
}

test('Retry-After makes any retry free and leaves other refusals alone', () => {
  assert.deepEqual(
    [refusalOfStatus(500, 5).consumesAttempt, refusalOfStatus(500, 5).retryAfterMs],
    [false, 5],
  );
  assert.equal(refusalOfStatus(400, 5).retryAfterMs, null);
});
