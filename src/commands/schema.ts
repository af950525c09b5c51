import { jsonSchema } from '../config/json-schema.ts';
import { EXIT } from '../exit-codes.ts';
import { defineCommand } from './command.ts';

export const schema = defineCommand({
  flags: {},
  async run(_flags, { stdout }) {
    stdout.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
    return EXIT.done;
  },
});
