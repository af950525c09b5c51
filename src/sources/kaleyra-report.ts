/** Kaleyra's tabular WhatsApp report: a CSV file whose column names are written in several ways. */

/** `Waba id`, `WABA ID` and `waba_id` are all `WABA_ID`. */
export function reportColumn(name: string): string {
  return name
    .trim()
    .replaceAll(/[\s_-]+/g, '_')
    .toUpperCase();
}
