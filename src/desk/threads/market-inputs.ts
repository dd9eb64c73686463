/** The inputs that a feed is made of, one object of each kind, written again for every event. */
import type { At } from '../../engine/domain/clock.ts';
import { price } from '../../engine/domain/units.ts';
import type { Input } from '../inputs.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Of<K extends Input['kind']> = Writable<Extract<Input, { readonly kind: K }>>;

/** Core thread only. Nothing is allocated for an event of the market on its way to the desk. */
export class MarketInputs {
  readonly quote: Of<'quote'>;
  readonly last: Of<'last'>;
  readonly feedGreeks: Of<'feedGreeks'>;
  readonly openInterest: Of<'openInterest'>;
  readonly batchEnd: Of<'batchEnd'>;

  /** `at` is lent to every input: its owner sets it before each. */
  constructor(at: At) {
    const index = 0;
    const sides = { bid: undefined, ask: undefined, bidSize: 0, askSize: 0 };
    this.quote = { kind: 'quote', at, index, ...sides };
    this.last = { kind: 'last', at, index, price: price(0), volume: undefined };
    this.feedGreeks = { kind: 'feedGreeks', at, index, delta: 0.5, impliedVol: 0.5 };
    this.openInterest = { kind: 'openInterest', at, index, contracts: 0 };
    this.batchEnd = { kind: 'batchEnd', at };
  }
}
