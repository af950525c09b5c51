/** `12,345` or `0.5`, whatever the host's locale. By hand: `Intl` takes as long to begin as Node does. */
export function formatCount(count: number): string {
  const [whole = '', tenth] = String(Math.round(count * 10) / 10).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return tenth === undefined ? grouped : `${grouped}.${tenth}`;
}

/** `1 request`, `2,041 requests`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
