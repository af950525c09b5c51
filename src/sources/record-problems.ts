/** What readers find wrong with single records. Such a record is rejected; the records around it go on. */
import type { FieldError } from '../errors.ts';

export function raggedRow(field: string, cells: number, columns: number): FieldError {
  return {
    field,
    code: 'RAGGED_ROW',
    message: `the row has ${cells} cells where ${columns} are expected`,
    fix: 'Quote cells that contain the delimiter or a line end, and give every row as many cells as there are columns.',
  };
}

/** A row that an export file says was ragged, and that still has surplus cells. */
export function stillRagged(field: string): FieldError {
  return {
    field,
    code: 'RAGGED_ROW',
    message: 'the row was ragged, and its surplus cells are still filled',
    fix: 'Move the surplus text where it belongs and empty the surplus cells; if the row is right as it is, empty its _code.',
  };
}

export function strayQuote(field: string): FieldError {
  return {
    field,
    code: 'STRAY_QUOTE',
    message: 'has text after a closing quote',
    fix: 'Double the quotes inside a quoted cell; a quote that is never closed runs into the following rows.',
  };
}

export function invalidEncoding(field: string, fix: string): FieldError {
  return {
    field,
    code: 'INVALID_ENCODING',
    message: "holds bytes that are not text in the file's encoding",
    fix,
  };
}

export function invalidJson(fix: string): FieldError {
  return { field: '_raw', code: 'INVALID_JSON', message: 'the record is not valid JSON', fix };
}

export function notAnObject(): FieldError {
  return {
    field: '#1',
    code: 'NOT_AN_OBJECT',
    message: 'the record is a JSON value other than an object',
    fix: 'Make every record an object with named fields.',
  };
}

export function recordTooLong(maxBytes: number): FieldError {
  return {
    field: '_raw',
    code: 'RECORD_TOO_LONG',
    message: `the record is longer than ${maxBytes} bytes and was not read`,
    fix: 'Write one JSON object per line; if the file is one JSON document, set source.format to json.',
  };
}
