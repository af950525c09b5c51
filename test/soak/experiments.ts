import type { Experiment } from './experiment.ts';
import { importExperiment, largeImportExperiment, retryExperiment } from './import-experiment.ts';
import { liveExperiments } from './live-experiments.ts';
import { migrationExperiment } from './migration-experiment.ts';
import { exportExperiment, vacuumExperiment, verifyExperiment } from './reading-experiments.ts';

/** What is killed in the soak. */
export const EXPERIMENTS: readonly Experiment[] = [
  importExperiment,
  largeImportExperiment,
  retryExperiment,
  migrationExperiment,
  ...liveExperiments,
  exportExperiment,
  verifyExperiment,
  vacuumExperiment,
];
