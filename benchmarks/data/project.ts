import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configurationOf, type Scenario } from './configuration.ts';

/** A directory in which the command can be run as a user does. */
export async function writeProject(directory: string, scenario: Scenario): Promise<void> {
  const text = JSON.stringify(configurationOf(scenario), null, 2);
  await writeFile(join(directory, 'pipeline.config.json'), text);
}
