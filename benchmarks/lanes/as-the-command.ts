/** Imported first by lanes that run the program's own code: sets up memory as the command does. */
import { limitHeapGrowth } from '../../src/heap-growth.ts';

limitHeapGrowth();
