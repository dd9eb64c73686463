/** Candle symbols, `SPY{=5m,tho=true}`, in the canonical form in which events name them. */

/** What a candle symbol asks for. */
export interface CandleSpec {
  /** The canonical symbol. */
  readonly symbol: string;
  readonly base: string;
  readonly periodSeconds: number;
  /** Regular trading hours only. */
  readonly regularOnly: boolean;
  /** Bars start at the session's open instead of at midnight. */
  readonly alignedToSession: boolean;
}

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const SYMBOL = /^([^{}]+)\{([^{}]*)\}$/;
const PERIOD = /^(\d*)([a-z]+)$/;
/** Attributes whose value is the default and is left out of the canonical form. */
const DEFAULTS: Readonly<Record<string, string>> = { tho: 'false', price: 'last', a: 'm' };

/** Reads a candle symbol. Undefined when it is none, or of a kind that this market does not have
 * (bars by ticks, volume or price, and prices other than the last). */
export function parseCandleSymbol(text: string): CandleSpec | undefined {
  const [, base = '', inner = ''] = SYMBOL.exec(text) ?? [];
  const attributes = new Map<string, string>();
  for (const part of inner.split(',')) {
    const [key = '', value = ''] = part.split('=');
    attributes.set(key.trim(), value.trim());
  }
  const [, digits = '', unit = ''] = PERIOD.exec(attributes.get('') ?? '') ?? [];
  const multiplier = digits === '' ? 1 : Number(digits);
  const periodSeconds = multiplier * (SECONDS_PER_UNIT[unit] ?? 0);
  if (base === '' || periodSeconds === 0) return undefined;
  attributes.set('', multiplier === 1 ? unit : `${multiplier}${unit}`);
  for (const [key, value] of attributes) {
    if (DEFAULTS[key] === value) attributes.delete(key);
  }
  if ((attributes.get('price') ?? 'last') !== 'last') return undefined;
  return {
    symbol: `${base}{${canonicalText(attributes)}}`,
    base,
    periodSeconds,
    regularOnly: attributes.get('tho') === 'true',
    alignedToSession: attributes.get('a') === 's',
  };
}

function canonicalText(attributes: ReadonlyMap<string, string>): string {
  const keys = [...attributes.keys()].toSorted();
  return keys.map((key) => `${key}=${attributes.get(key) ?? ''}`).join(',');
}
