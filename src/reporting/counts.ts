const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** `12,345`, whatever the host's locale. */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** `1 request`, `2,041 requests`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
