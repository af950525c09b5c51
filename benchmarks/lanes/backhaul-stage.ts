/** Reads, maps, validates and stages an export, as `run` does before it delivers. */
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { stage } from '../../src/pipeline/stage.ts';
import { createSource } from '../../src/sources/create-source.ts';
import { configOf, type Scenario } from '../data/configuration.ts';
import { asLane } from '../harness/as-lane.ts';

await asLane(async (scenario: Scenario) => {
  const config = configOf(scenario);
  const { baseUrl, type: destinationType } = config.destination;
  return async () => {
    const ledger = await openLedger({
      path: scenario.ledger,
      stream: config.stream,
      ...{ destinationType, baseUrl, keepPayloads: 'until-accepted', mode: 'create' },
    });
    const { run } = await ledger.beginRun({ command: 'run', startedAtMs: Date.now() });
    const { records } = await stage({
      source: createSource(config.source, { baseDirectory: '/', cwd: '/' }),
      mapping: await loadMapping(config),
      ...{ run, ledger, onConflict: 'reject', signal: new AbortController().signal, observer: {} },
    });
    await ledger.close();
    return {
      count: records.read,
      facts: { staged: records.new, peakBytes: process.resourceUsage().maxRSS * 1_024 },
    };
  };
});
