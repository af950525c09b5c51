/** Imported first by lanes that run the program's own code: sets up memory as the command does. */
import { tuneGarbageCollection } from '../../src/garbage-collection.ts';

tuneGarbageCollection();
