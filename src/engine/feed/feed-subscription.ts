import { canonicalCandleSymbol } from './candle-symbol.ts';

/** The event types this client understands, named as the DXLink protocol names them. */
export const FEED_TYPES = ['Quote', 'Trade', 'Greeks', 'Summary', 'TimeAndSale', 'Candle'] as const;
export type FeedType = (typeof FEED_TYPES)[number];

/** One stream of events: a type and a symbol. */
export interface FeedSubscription {
  readonly type: FeedType;
  /** Streamer symbol; a candle symbol may be in any spelling, the canonical one is sent. */
  readonly symbol: string;
  /** For candles: history from this time on (milliseconds since the epoch), then live bars. */
  readonly fromTimeMillis?: number;
}

/** Longest symbol that is sent, in characters. */
export const MAX_SYMBOL_LENGTH = 128;

const FEED_TYPE_SET: ReadonlySet<string> = new Set(FEED_TYPES);

/** True for the name of an event type this client understands. */
export function isFeedType(name: string): name is FeedType {
  return FEED_TYPE_SET.has(name);
}

function isWholeMillis(value: number | undefined): boolean {
  return value === undefined || (Number.isSafeInteger(value) && value >= 0);
}

/**
 * The subscription as it goes on the wire, or undefined where it must not go there: an empty or
 * overlong symbol, the wildcard `*` (which asks for the whole market), a broken `fromTimeMillis`.
 */
export function canonicalSubscription(wanted: FeedSubscription): FeedSubscription | undefined {
  const { type, fromTimeMillis } = wanted;
  const symbol = type === 'Candle' ? canonicalCandleSymbol(wanted.symbol) : wanted.symbol;
  const isSendable = symbol.length > 0 && symbol.length <= MAX_SYMBOL_LENGTH;
  if (!isSendable || symbol.includes('*') || !isWholeMillis(fromTimeMillis)) return undefined;
  return fromTimeMillis === undefined ? { type, symbol } : { type, symbol, fromTimeMillis };
}
