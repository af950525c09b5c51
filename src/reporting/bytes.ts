const UNITS = ['kB', 'MB', 'GB', 'TB'] as const;

/** Writes a number of bytes for people, in decimal units: `640 B`, `1.2 kB`, `38 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  let amount = bytes / 1_000;
  let unit = 0;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1_000;
    unit += 1;
  }
  return `${amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[unit]}`;
}
