import { createSource } from '../../src/sources/create-source.ts';
import { configOf, type Scenario } from '../data/configuration.ts';
import { asLane } from '../harness/as-lane.ts';

await asLane(async (scenario: Scenario) => {
  const source = createSource(configOf(scenario).source, { baseDirectory: '/', cwd: '/' });
  const [input] = await source.inputs();
  return async () => {
    let count = 0;
    for await (const { position } of input?.read() ?? []) {
      if (position.byte !== null) count += 1;
    }
    return { count };
  };
});
