/** Delivers what a ledger holds, as `run` does once it has staged. */
import { systemClock } from '../../src/clock.ts';
import { deliver } from '../../src/delivery/deliver.ts';
import type { Destination } from '../../src/destinations/destination.ts';
import { createMykaarmaHistorical } from '../../src/destinations/mykaarma-historical.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { configOf, type Scenario } from '../data/configuration.ts';
import { asLane } from '../harness/as-lane.ts';

await asLane(async (scenario: Scenario) => {
  const { stream, destination, delivery } = configOf(scenario);
  const { baseUrl, type: destinationType } = destination;
  const ledger = await openLedger({
    path: scenario.ledger,
    ...{ stream, destinationType, baseUrl, keepPayloads: 'until-accepted', mode: 'existing' },
  });
  const api = createMykaarmaHistorical({
    ...{ baseUrl, username: 'benchmark', password: 'benchmark', timeoutMs: delivery.timeoutMs },
    limits: delivery,
    connections: delivery.concurrency,
  });
  const starts: number[] = [];
  const watched: Destination = {
    ...api,
    send(batch) {
      starts.push(performance.now());
      return api.send(batch);
    },
  };
  const { run } = await ledger.beginRun({ command: 'run', startedAtMs: Date.now() });
  // The HTTP library, which the floor has loaded by now, too.
  await api.prepare?.();
  return async () => {
    const { messages, stopReason } = await deliver({
      ...{ ledger, destination: watched, config: delivery, run, clock: systemClock, random: Math.random },
      ...{ onlyQueued: false, limit: null, maxFailures: null, observer: {} },
      signal: new AbortController().signal,
    });
    if (stopReason !== null) throw new Error(`The delivery stopped: ${stopReason}`);
    await ledger.close();
    await api.close();
    return {
      count: messages.accepted,
      facts: { ...paceOf(starts), peakBytes: process.resourceUsage().maxRSS * 1_024 },
    };
  };
});

/** Where requests start: their rate from the first to the last, and most of them in any one second. */
function paceOf(starts: readonly number[]) {
  let most = 0;
  let first = 0;
  for (const [last, start] of starts.entries()) {
    while (start - (starts[first] as number) >= 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  const spanMs = (starts.at(-1) ?? 0) - (starts[0] ?? 0);
  return { requestsPerSecond: ((starts.length - 1) * 1_000) / spanMs, mostInASecond: most };
}
