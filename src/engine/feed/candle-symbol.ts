/**
 * Candle symbols, `base[&exchange]{=<count><unit>[,key=value…]}`, in the canonical form in which the
 * DXLink server sends them back: a count of 1 is dropped, attributes at their default are dropped,
 * the period comes first and the other keys stand in alphabetical order. Matching by any other
 * spelling silently loses every bar, so one spelling is used for sending, receiving and keys.
 */

const CANDLE = /^([^{}]+)\{([^{}]*)\}$/;
const PERIOD = /^(\d+(?:\.\d+)?)?(t|s|m|h|d|w|mo|o|y|v|p|pm|pr)$/;

/** Attributes that mean the same as their absence. */
const DEFAULT_ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['tho', 'false'],
  ['price', 'last'],
  ['a', 'm'],
]);

/** Key of the period attribute: the one written without a name, `{=m}`. */
const PERIOD_KEY = '';

function canonicalPeriod(value: string): string {
  const parts = PERIOD.exec(value);
  if (parts === null) return value;
  const [, countText = '1', unit = ''] = parts;
  const count = Number(countText);
  return count === 1 ? unit : `${count}${unit}`;
}

function attributesOf(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    const key = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    attributes.set(key, key === PERIOD_KEY ? canonicalPeriod(value) : value);
  }
  return attributes;
}

/** Rewrites a candle symbol to its canonical form. Any other text comes back unchanged. */
export function canonicalCandleSymbol(symbol: string): string {
  const parts = CANDLE.exec(symbol.trim());
  if (parts === null) return symbol;
  const [, base = '', attributeText = ''] = parts;
  const kept = [...attributesOf(attributeText)]
    .filter(([key, value]) => DEFAULT_ATTRIBUTES.get(key) !== value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  return kept.length === 0 ? base : `${base}{${kept.join(',')}}`;
}
