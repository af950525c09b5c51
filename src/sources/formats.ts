import type { SourceConfig } from '../config/source-schema.ts';

/** Whether a format has rows and a header: its records are corrected in a spreadsheet, and come back from one. */
export function isTabular(format: SourceConfig['format']): boolean {
  return format === 'csv' || format === 'kaleyra-report';
}
