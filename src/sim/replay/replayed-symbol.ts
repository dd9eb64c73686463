/** One symbol of a recorded market as the tape last told of it. Owned by the market it stands in. */
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_MILLI, PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { EventRow, EventSource } from '../dxlink/event-schema.ts';
import { eventIndex } from '../dxlink/event-schema.ts';
import type { TapeKind } from './market-tape.ts';
import { TAPE_KINDS, TAPE_VALUES } from './market-tape.ts';

/** The tape's kind behind each event of the feed. */
const KIND_OF: Readonly<Record<string, TapeKind>> = {
  Quote: TAPE_KINDS.quote,
  Trade: TAPE_KINDS.last,
  Greeks: TAPE_KINDS.greeks,
  Summary: TAPE_KINDS.openInterest,
};

interface Told {
  /** Grows for good. */
  version: number;
  /** False for what was told in a session that is over. */
  isOfSession: boolean;
  at: number;
  readonly values: Float64Array;
}

/** Last values by kind, each with a version. */
export class ReplayedSymbol {
  readonly symbol: string;
  readonly #told = new Map<TapeKind, Told>();

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  /** Takes the four numbers at `from` of a tape's values. */
  take(kind: TapeKind, at: EpochMicros, values: Float64Array, from: number): void {
    const told = this.#of(kind);
    told.version += 1;
    told.isOfSession = true;
    told.at = at;
    for (let index = 0; index < TAPE_VALUES; index += 1) {
      told.values[index] = values[from + index] ?? Number.NaN;
    }
  }

  /** Another session begins: nothing is told of it yet. */
  beginSession(): void {
    for (const told of this.#told.values()) told.isOfSession = false;
  }

  /** The source of one kind of event, or undefined when a recording has none of it. */
  source(type: string): EventSource | undefined {
    const kind = KIND_OF[type];
    if (kind === undefined) return undefined;
    const told = this.#of(kind);
    const write = WRITERS[kind];
    const { symbol } = this;
    return {
      get version() {
        return told.isOfSession ? told.version : 0;
      },
      read: () => ({ eventSymbol: symbol, eventTime: 0, ...write(told) }),
    };
  }

  #of(kind: TapeKind): Told {
    const known = this.#told.get(kind);
    if (known !== undefined) return known;
    const values = new Float64Array(TAPE_VALUES).fill(Number.NaN);
    const fresh = { version: 0, isOfSession: false, at: 0, values };
    this.#told.set(kind, fresh);
    return fresh;
  }
}

const WRITERS: Readonly<Record<TapeKind, (told: Told) => EventRow>> = {
  [TAPE_KINDS.quote]: ({ values: [bid = Number.NaN, ask = Number.NaN, bidSize, askSize] }) => ({
    sequence: 0,
    timeNanoPart: 0,
    bidTime: 0,
    bidPrice: bid / PRICE_PER_DOLLAR,
    bidSize: bidSize ?? Number.NaN,
    askTime: 0,
    askPrice: ask / PRICE_PER_DOLLAR,
    askSize: askSize ?? Number.NaN,
  }),
  [TAPE_KINDS.last]: ({ at, version, values: [last = Number.NaN, volume = Number.NaN] }) => ({
    time: Math.floor(at / MICROS_PER_MILLI),
    sequence: version,
    price: last / PRICE_PER_DOLLAR,
    dayVolume: volume,
  }),
  [TAPE_KINDS.greeks]: ({ at, values: [delta = Number.NaN, volatility = Number.NaN] }) => {
    const time = Math.floor(at / MICROS_PER_MILLI);
    return { eventFlags: 0, index: eventIndex(time, 0), time, sequence: 0, delta, volatility };
  },
  [TAPE_KINDS.openInterest]: ({ values: [contracts = 0] }) => ({ openInterest: contracts }),
};
