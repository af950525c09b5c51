/** What one lane measured of itself, on its standard output as JSON. */
export interface Measured {
  readonly durationMs: number;
  /** Of all of its threads: tells work from waiting, and holds on a busy machine. */
  readonly cpuMs: number;
  /** Rows, messages or requests that were worked on: lanes that are compared must agree. */
  readonly count: number;
  /** Whatever else a case wants to know. */
  readonly facts?: Readonly<Record<string, number>>;
}
