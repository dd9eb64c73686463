/**
 * The road of quotes from the market to the desk: written as frames of a DXLink server, read back by
 * the production decoder. A server may write what is no price (`NaN`, `Infinity`, a negative one);
 * the decoder alone stands between that and the desk. One user.
 */

import type { At } from '../../engine/domain/clock.ts';
import { streamerSymbol } from '../../engine/domain/instrument.ts';
import type { ChainListing } from '../../engine/domain/market.ts';
import type { Price } from '../../engine/domain/units.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import { ByteFrameDecoder } from '../../engine/feed/byte-frame-decoder.ts';
import type { Input } from '../inputs.ts';
import type { RowQuote } from './virtual-market.ts';

type Quote = Extract<Input, { readonly kind: 'quote' }>;

const CHANNEL = 1;
const CONFIG = JSON.stringify({
  type: 'FEED_CONFIG',
  channel: CHANNEL,
  aggregationPeriod: 0.1,
  dataFormat: 'COMPACT',
  eventFields: { Quote: ['eventSymbol', 'bidPrice', 'askPrice', 'bidSize', 'askSize'] },
});

/** As a server writes it: numbers that JSON has not as text, a side without a price as `NaN`. */
function written(price: Price | undefined, odd: number | undefined): number | string {
  const dollars = odd ?? (price === undefined ? Number.NaN : dollarsFromPrice(price));
  return Number.isFinite(dollars) ? dollars : String(dollars);
}

function isReadRight({ bid, ask, odd }: RowQuote, heard: Quote | undefined): boolean {
  if (odd !== undefined) return heard?.bid === undefined && heard?.ask === undefined;
  return heard !== undefined && heard.bid === bid && heard.ask === ask;
}

export class WireFeed {
  readonly #symbols: readonly string[];
  readonly #rows: ReadonlyMap<string, number>;
  readonly #decoder: ByteFrameDecoder;
  #isConfigured = false;
  #heard: Quote[] = [];
  #at: At | undefined;

  constructor({ underlying, contracts }: ChainListing) {
    this.#symbols = [underlying, ...contracts.map(streamerSymbol)];
    this.#rows = new Map(this.#symbols.map((symbol, place) => [symbol, place - 1]));
    const nothing = (): void => undefined;
    this.#decoder = new ByteFrameDecoder({
      handler: {
        quote: (symbol, bid, ask, ...[bidSize, askSize]) => {
          this.#onQuote(symbol, bid, ask, bidSize, askSize);
        },
        trade: nothing,
        greeks: nothing,
        summary: nothing,
      },
      heard: nothing,
      live: nothing,
      candleRow: nothing,
      sale: nothing,
      control: nothing,
      fault: nothing,
    });
    this.#decoder.openChannel(CHANNEL);
    this.#decoder.know(this.#symbols);
  }

  /** One frame of quotes, as the desk hears it. Throws where the decoder read anything else than was
   * written. */
  carry(quotes: readonly RowQuote[], at: At): readonly Input[] {
    if (!this.#isConfigured) this.#decoder.decodeFrame(CONFIG, at);
    this.#isConfigured = true;
    const heard: Quote[] = [];
    this.#heard = heard;
    this.#at = at;
    const values: (number | string)[] = [];
    for (const { index, bid, ask, bidSize, askSize, odd } of quotes) {
      const symbol = this.#symbols[index + 1] ?? '';
      values.push(symbol, written(bid, odd), written(ask, odd), bidSize, askSize);
    }
    const data = ['Quote', values];
    const bytes = Buffer.from(JSON.stringify({ type: 'FEED_DATA', channel: CHANNEL, data }));
    this.#decoder.decodeBytes({ bytes, start: 0, end: bytes.length }, at);
    const isRight = quotes.every((quote, place) => isReadRight(quote, heard[place]));
    if (!isRight) throw new RangeError(`the decoder misread ${bytes.toString()}`);
    return heard;
  }

  #onQuote(symbol: string, ...sides: readonly [Price?, Price?, number?, number?]): void {
    const index = this.#rows.get(symbol);
    const [bid, ask, bidSize = 0, askSize = 0] = sides;
    const at = this.#at;
    if (index === undefined || at === undefined) return;
    this.#heard.push({ kind: 'quote', index, bid, ask, bidSize, askSize, at });
  }
}
