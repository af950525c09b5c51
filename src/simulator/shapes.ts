/** A small language for the shape of JSON values, compiled to closures: enough for the documents of the references. */

export interface Problem {
  /** Dotted path from the value that was judged; empty for the value itself. Array elements are `[0]`, `[1]`, … */
  readonly path: string;
  readonly code: string;
  /** Continues a sentence that begins with the path; never quotes the value. */
  readonly problem: string;
}

export function sentence({ path, problem }: Problem): string {
  return `${path === '' ? 'the document' : path} ${problem}`;
}

/** Appends to `problems` whatever is wrong with `value`. Absent values are never shown to a shape; null never fits one. */
export type Shape = (value: unknown, path: string, problems: Problem[]) => void;

/** Everything in which a value departs from a shape. */
export function misfits(value: unknown, shape: Shape): Problem[] {
  const problems: Problem[] = [];
  shape(value, '', problems);
  return problems;
}

type Scalar = 'string' | 'boolean' | 'int64' | 'date-time';

export const anything: Shape = () => {};

/** An object with some of these fields and no other. */
export function shapeOf(fields: Readonly<Record<string, Shape | Scalar>>): Shape {
  const shapes = new Map(Object.entries(fields).map(([name, shape]) => [name, resolve(shape)]));
  return (value, path, problems) => {
    if (!isObject(value)) return wrongType('an object', path, problems);
    for (const name in value) {
      const shape = shapes.get(name);
      const fieldPath = path === '' ? name : `${path}.${name}`;
      if (shape) shape(value[name], fieldPath, problems);
      else problems.push({ path: fieldPath, code: 'UNKNOWN_FIELD', problem: 'is not in the reference' });
    }
  };
}

/** An object with any keys, whose values fit `shape`. */
export function mapOf(shape: Shape | Scalar): Shape {
  const valueShape = resolve(shape);
  return (value, path, problems) => {
    if (!isObject(value)) return wrongType('an object', path, problems);
    if (valueShape === anything) return;
    for (const name in value) valueShape(value[name], `${path}.${name}`, problems);
  };
}

export function arrayOf(shape: Shape | Scalar): Shape {
  const elementShape = resolve(shape);
  return (value, path, problems) => {
    if (!Array.isArray(value)) return wrongType('an array', path, problems);
    for (let index = 0; index < value.length; index++) {
      elementShape(value[index], `${path}[${index}]`, problems);
    }
  };
}

export function oneOf(values: readonly string[]): Shape {
  const allowed = new Set<unknown>(values);
  return (value, path, problems) => {
    if (allowed.has(value)) return;
    if (typeof value !== 'string') return wrongType('a string', path, problems);
    problems.push({ path, code: 'NOT_IN_LIST', problem: 'is not one of the possible values' });
  };
}

const SCALARS: Readonly<Record<Scalar, Shape>> = {
  string(value, path, problems) {
    if (typeof value !== 'string') wrongType('a string', path, problems);
  },
  boolean(value, path, problems) {
    if (typeof value !== 'boolean') wrongType('a boolean', path, problems);
  },
  int64(value, path, problems) {
    if (typeof value !== 'number') return wrongType('an integer', path, problems);
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return;
    problems.push({ path, code: 'NOT_AN_INTEGER', problem: 'must be a whole number of 64 bits' });
  },
  'date-time'(value, path, problems) {
    if (typeof value !== 'string') return wrongType('a string', path, problems);
    if (isDateTime(value)) return;
    problems.push({ path, code: 'NOT_A_DATE_TIME', problem: 'must be an RFC 3339 date-time' });
  },
};

function resolve(shape: Shape | Scalar): Shape {
  return typeof shape === 'string' ? SCALARS[shape] : shape;
}

function wrongType(expected: string, path: string, problems: Problem[]): void {
  problems.push({ path, code: 'WRONG_TYPE', problem: `must be ${expected}` });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const DATE_TIME =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** RFC 3339 section 5.6, upper case, without leap seconds (no instant of Java or JavaScript can hold one). */
function isDateTime(text: string): boolean {
  const match = DATE_TIME.exec(text);
  if (match === null) return false;
  const day = Number(match[3]);
  return day <= 28 || day <= new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate();
}
