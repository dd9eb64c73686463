/**
 * A recorded market played again: at each time of day what the tape had told by then, on whatever date
 * the session is. The recorded contracts expire on that date. Before the tape begins nothing is quoted,
 * after its end the market stands still. Prints of single trades are not on a tape.
 */
import type { OptionContract } from '../../engine/domain/instrument.ts';
import { streamerSymbol } from '../../engine/domain/instrument.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkDate, newYorkInstant, sessionTimes } from '../../engine/domain/session-calendar.ts';
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import { underlyingOf } from '../../engine/domain/underlying.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { addMicros } from '../../engine/domain/units.ts';
import type { EventRow, EventSource } from '../dxlink/event-schema.ts';
import type { CandleSpec } from '../live/candle-spec.ts';
import { candleStart, groupedBars } from '../live/grouped-bars.ts';
import type { Market } from '../market.ts';
import type { PathBar } from '../model/spot-path.ts';
import type { MarketTape, TapeBar, TapeKind } from './market-tape.ts';
import { TAPE_UNDERLYING, TAPE_VALUES } from './market-tape.ts';
import { ReplayedSymbol } from './replayed-symbol.ts';

const SECONDS_PER_MINUTE = 60;

/** One session of a replayed market. */
interface Session {
  readonly times: SessionTimes;
  readonly midnight: EpochMicros;
  /** By row of the tape. */
  readonly options: readonly ReplayedSymbol[];
  readonly bySymbol: ReadonlyMap<string, ReplayedSymbol>;
  readonly contracts: readonly OptionContract[];
  /** Minute bars by their start. */
  readonly bars: Map<number, PathBar>;
}

export class ReplayedMarket implements Market {
  readonly spec: UnderlyingSpec;
  readonly #tape: MarketTape;
  /** Lives through all sessions: whoever listens to it does not ask again for the next one. */
  readonly #underlying: ReplayedSymbol;
  #session: Session | undefined;
  #nextEvent = 0;
  #nextBar = 0;
  #epoch = 0;
  #moves = 0;

  constructor(tape: MarketTape) {
    this.#tape = tape;
    this.#underlying = new ReplayedSymbol(tape.underlying);
    this.spec = underlyingOf(tape.underlying);
  }

  get epoch(): number {
    return this.#epoch;
  }

  get moves(): number {
    return this.#moves;
  }

  get date(): SessionDate | undefined {
    return this.#session?.times.date;
  }

  contracts(): readonly OptionContract[] {
    return this.#session?.contracts ?? [];
  }

  advance(at: EpochMicros): EventRow[] {
    const session = this.#sessionAt(at);
    if (session === undefined) return [];
    const [event, bar] = [this.#nextEvent, this.#nextBar];
    this.#playEvents(session, at);
    this.#playBars(session, at);
    if (this.#nextEvent !== event || this.#nextBar !== bar) this.#moves += 1;
    return [];
  }

  #sessionAt(at: EpochMicros): Session | undefined {
    const date = newYorkDate(at);
    const now = this.#session;
    const times = now?.times.date === date ? now.times : sessionTimes(date, this.spec);
    if (times === undefined || now?.times === times) return now;
    this.#session = sessionOf(this.#tape, times);
    this.#underlying.beginSession();
    this.#nextEvent = 0;
    this.#nextBar = 0;
    this.#epoch += 1;
    this.#moves += 1;
    return this.#session;
  }

  #playEvents({ midnight, options }: Session, at: EpochMicros): void {
    const { kinds, rows, times, values } = this.#tape.events;
    for (; (times[this.#nextEvent] ?? Infinity) <= at - midnight; this.#nextEvent += 1) {
      const place = this.#nextEvent;
      const row = rows[place] ?? TAPE_UNDERLYING;
      const symbol = row === TAPE_UNDERLYING ? this.#underlying : options[row];
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TapeWriter wrote it
      const kind = kinds[place] as TapeKind;
      symbol?.take(kind, addMicros(midnight, times[place] ?? 0), values, place * TAPE_VALUES);
    }
  }

  #playBars({ midnight, bars }: Session, at: EpochMicros): void {
    for (; (this.#tape.bars[this.#nextBar]?.at ?? Infinity) <= at - midnight; this.#nextBar += 1) {
      const told = this.#tape.bars[this.#nextBar];
      if (told === undefined) return;
      const startsAt = midnight + told.startsAt;
      bars.set(startsAt, pathBar(told, startsAt, (bars.get(startsAt)?.count ?? 0) + 1));
    }
  }

  find(type: string, symbol: string): EventSource | undefined {
    if (symbol === this.spec.symbol) return this.#underlying.source(type);
    return this.#session?.bySymbol.get(symbol)?.source(type);
  }

  /** A recording does not tell what the options of other days cost. */
  volatility(): undefined {
    return undefined;
  }

  barsSince(spec: CandleSpec, fromMicros: number): PathBar[] {
    const session = this.#session;
    const isOfMinutes = spec.periodSeconds % SECONDS_PER_MINUTE === 0;
    if (session === undefined || spec.base !== this.spec.symbol || !isOfMinutes) return [];
    const timesAt = (): SessionTimes => session.times;
    const first = candleStart(spec, Math.max(fromMicros, session.midnight), timesAt);
    const bars = [...session.bars.values()]
      .filter((bar) => bar.startsAt >= first)
      .toSorted((a, b) => a.startsAt - b.startsAt);
    return groupedBars(spec, bars, fromMicros, timesAt);
  }
}

function sessionOf(tape: MarketTape, times: SessionTimes): Session {
  const contracts = tape.contracts.map((contract) => ({ ...contract, expiry: times.date }));
  const options = contracts.map((contract) => new ReplayedSymbol(streamerSymbol(contract)));
  return {
    times,
    midnight: newYorkInstant(times.date, 0),
    options,
    bySymbol: new Map(options.map((option) => [option.symbol, option])),
    contracts: contracts.toSorted((a, b) => a.strike - b.strike),
    bars: new Map(),
  };
}

/** `count` tells bars of one minute apart that were told one after the other. A tape does not tell at
 * which prices the volume went. */
function pathBar(told: TapeBar, startsAt: number, count: number): PathBar {
  const { open, high, low, close, volume } = told;
  return { startsAt, open, high, low, close, volume, turnover: Number.NaN, count };
}
