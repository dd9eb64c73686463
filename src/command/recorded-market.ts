/** The market of a recorded session, taken out of its recording to be played again as a feed. */
import { readFileSync } from 'node:fs';
import { decodeRecording } from '../audit/session-recording.ts';
import type { Config } from '../config.ts';
import { decodeInput } from '../desk/input-codec.ts';
import type { Input } from '../desk/inputs.ts';
import { decodeRecordedStart } from '../desk/recorded-start.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { OptionContract } from '../engine/domain/instrument.ts';
import { occSymbol } from '../engine/domain/instrument.ts';
import type { Bar, ChainListing } from '../engine/domain/market.ts';
import { newYorkDate, newYorkInstant } from '../engine/domain/session-calendar.ts';
import type { UnderlyingSymbol } from '../engine/domain/underlying.ts';
import { underlyingOf } from '../engine/domain/underlying.ts';
import type { EpochMicros, SessionDate } from '../engine/domain/units.ts';
import { MICROS_PER_MINUTE } from '../engine/domain/units.ts';
import type { MarketTape, TapeBar, TapeEvent } from '../sim/replay/market-tape.ts';
import { TAPE_KINDS, TapeWriter } from '../sim/replay/market-tape.ts';
import { clockText } from './session-time.ts';

interface Day {
  readonly date: SessionDate;
  readonly midnight: EpochMicros;
}

/** What an input tells of the market; undefined for one that tells nothing. */
function eventOf(input: Input): Omit<TapeEvent, 'at'> | undefined {
  if (input.kind === 'quote') {
    const { index: row, bid, ask, bidSize, askSize } = input;
    return { kind: TAPE_KINDS.quote, row, values: [bid, ask, bidSize, askSize] };
  }
  if (input.kind === 'last') {
    return { kind: TAPE_KINDS.last, row: input.index, values: [input.price, input.volume] };
  }
  if (input.kind === 'feedGreeks') {
    const { index: row, delta, impliedVol } = input;
    return { kind: TAPE_KINDS.greeks, row, values: [delta, impliedVol] };
  }
  if (input.kind === 'openInterest') {
    return { kind: TAPE_KINDS.openInterest, row: input.index, values: [input.contracts] };
  }
  return undefined;
}

/** Picks the market out of a session's inputs, in their order: the first session that was listed. */
class TapeMaker {
  readonly #rows = new Map<string, OptionContract>();
  readonly #bars: TapeBar[] = [];
  readonly #writer: TapeWriter;
  #day: Day | undefined;

  constructor(inputs: number) {
    this.#writer = new TapeWriter(inputs);
  }

  take(input: Input): void {
    if (input.kind === 'listing') this.#list(input.listing);
    const day = this.#day;
    if (day === undefined || newYorkDate(input.at.market) !== day.date) return;
    const at = input.at.market - day.midnight;
    if (input.kind === 'bar') this.#addBar(input.bar, at, day);
    else {
      const event = eventOf(input);
      if (event !== undefined) this.#writer.add({ ...event, at });
    }
  }

  /** Rows are numbered as the chain numbers them: in the order in which they were first listed. */
  #list({ date, contracts }: ChainListing): void {
    this.#day ??= { date, midnight: newYorkInstant(date, 0) };
    if (date !== this.#day.date) return;
    for (const contract of contracts) {
      const symbol = occSymbol(contract);
      if (contract.expiry === date && !this.#rows.has(symbol)) this.#rows.set(symbol, contract);
    }
  }

  /** The history that a feed gives at first holds bars of other days too. */
  #addBar({ startsAt, open, high, low, close, volume }: Bar, at: number, day: Day): void {
    if (newYorkDate(startsAt) !== day.date) return;
    this.#bars.push({ at, startsAt: startsAt - day.midnight, open, high, low, close, volume });
  }

  tape(underlying: UnderlyingSymbol): MarketTape | undefined {
    const events = this.#writer.events();
    if (this.#day === undefined || !events.kinds.includes(TAPE_KINDS.quote)) return undefined;
    const contracts = [...this.#rows.values()];
    return { underlying, date: this.#day.date, contracts, bars: this.#bars, events };
  }
}

/**
 * Reads the market out of a recording (`recordings/*.rec` of a home). Throws CONFIG_INVALID for a file
 * that cannot be read, is of another underlying or holds no quotes.
 */
export function readRecordedMarket(path: string, underlying: UnderlyingSymbol): MarketTape {
  const [first, ...inputs] = chunksOf(path);
  const { config } = decodeRecordedStart(first ?? Buffer.alloc(0));
  if (config.underlying !== underlying) {
    throw unusable(
      path,
      `it is of ${config.underlying}, and DELTARING_UNDERLYING is ${underlying}: make them the same`,
    );
  }
  const maker = new TapeMaker(inputs.length);
  for (const chunk of inputs) maker.take(decodeInput(chunk));
  const tape = maker.tape(underlyingOf(config.underlying).symbol);
  if (tape === undefined) throw unusable(path, 'it holds no quotes: name another recording');
  return tape;
}

function chunksOf(path: string): readonly Buffer[] {
  try {
    return decodeRecording(readFileSync(path)).chunks;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw unusable(path, `${reason}. A home keeps its recordings in recordings/`);
  }
}

function unusable(path: string, reason: string): DeltaringError {
  return new DeltaringError('CONFIG_INVALID', `REPLAY_FILE ${path} cannot be played: ${reason}`);
}

/** The first whole minute of the day, New York, at which the tape has quotes. */
export function firstMinuteOf({ events }: MarketTape): number {
  const first = events.times[events.kinds.indexOf(TAPE_KINDS.quote)] ?? 0;
  return Math.ceil(first / MICROS_PER_MINUTE);
}

/** What a tape holds, for a person to read. */
export function describeTape(tape: MarketTape): string {
  const { date, underlying, contracts, events } = tape;
  const last = (events.times.at(-1) ?? 0) / MICROS_PER_MINUTE;
  const [from, to] = [firstMinuteOf(tape), last].map(clockText);
  return `the market of ${underlying} recorded on ${date} from ${from} to ${to} New York, ${contracts.length} contracts`;
}

/** The recorded market that is played, if one is. */
export function tapeOf(config: Config, log: (line: string) => void): MarketTape | undefined {
  const { DELTARING_FEED: feed, REPLAY_FILE: file, DELTARING_UNDERLYING: underlying } = config;
  if (feed !== 'replay' || file === undefined) return undefined;
  const tape = readRecordedMarket(file, underlying);
  log(`plays ${describeTape(tape)}`);
  return tape;
}

/** A recorded market is entered once it has quotes. */
export function startsWith(config: Config, tape: MarketTape | undefined): Config {
  const first = tape === undefined ? 0 : firstMinuteOf(tape);
  return { ...config, SIM_START: Math.max(config.SIM_START, first) };
}
