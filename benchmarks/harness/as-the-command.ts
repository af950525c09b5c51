/**
 * Loaded before a lane that runs the program's own code: sets up memory as the command does, and before anything else is loaded, or the
 * young generation has grown with that.
 */
import { tuneGarbageCollection } from '../../src/garbage-collection.ts';

tuneGarbageCollection();
