/** The market of a recorded session, taken out of its recording to be played again as a feed. */
import { readFileSync } from 'node:fs';
import { decodeRecording } from '../audit/session-recording.ts';
import type { Config } from '../config.ts';
import type { DeskConfig } from '../desk/desk-config.ts';
import { decodeInput } from '../desk/input-codec.ts';
import type { Input } from '../desk/inputs.ts';
import { decodeRecordedStart } from '../desk/recorded-start.ts';
import { LISTING_WAIT_MICROS } from '../desk/session/listing-watch.ts';
import { expiresAt } from '../desk/session/session-life.ts';
import { MAX_CONTRACTS } from '../engine/chain/chain-layout.ts';
import { assert } from '../engine/domain/assert.ts';
import type { At } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { OptionContract } from '../engine/domain/instrument.ts';
import { occSymbol } from '../engine/domain/instrument.ts';
import type { Bar } from '../engine/domain/market.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import { newYorkDate, newYorkInstant, sessionTimes } from '../engine/domain/session-calendar.ts';
import type { UnderlyingSpec, UnderlyingSymbol } from '../engine/domain/underlying.ts';
import { underlyingOf } from '../engine/domain/underlying.ts';
import type { EpochMicros, SessionDate } from '../engine/domain/units.ts';
import { MICROS_PER_MINUTE } from '../engine/domain/units.ts';
import type { MarketTape, TapeBar, TapeEvent } from '../sim/replay/market-tape.ts';
import { TAPE_KINDS, TapeWriter } from '../sim/replay/market-tape.ts';
import type { PlayedSessions } from './session-time.ts';
import { clockText } from './session-time.ts';

interface Day {
  readonly date: SessionDate;
  readonly midnight: EpochMicros;
}

/** A session in which there was no listing yet, from its first clock on to its last one. */
interface Unlisted {
  readonly date: SessionDate;
  readonly since: EpochMicros;
  readonly until: EpochMicros;
}

const LISTED_LATE =
  'its listing came late, and what was held by then may have had rows of its own: which contract a quote is of is not on it';
const LISTING_CUT =
  'it lists more contracts than a chain holds: which of them were left out is not on it';

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

/** Picks the market out of a session's inputs, in their order: the first session that was listed while it
 * lasted. */
class TapeMaker {
  readonly #rows = new Map<string, OptionContract>();
  #bars: TapeBar[] = [];
  readonly #writer: TapeWriter;
  readonly #config: DeskConfig;
  readonly #spec: UnderlyingSpec;
  #day: Day | undefined;
  #unlisted: Unlisted | undefined;
  #fault: string | undefined;

  constructor(config: DeskConfig, inputs: number) {
    this.#config = config;
    this.#spec = underlyingOf(config.underlying);
    this.#writer = new TapeWriter(inputs);
  }

  take(input: Input): void {
    if (input.kind === 'listing') this.#list(input);
    else if (input.kind === 'clock') this.#awaitListing(input.at);
    const day = this.#day;
    if (day === undefined || newYorkDate(input.at.market) !== day.date) return;
    const at = input.at.market - day.midnight;
    if (input.kind === 'bar') this.#addBar(input.bar, at, day);
    else if (input.kind === 'barGone') this.#takeBack(input.startsAt - day.midnight);
    else {
      const event = eventOf(input);
      if (event !== undefined) this.#writer.add({ ...event, at });
    }
  }

  /** The session of a date, before its chain has expired. */
  #sessionAt(date: SessionDate, market: EpochMicros): SessionTimes | undefined {
    const session = sessionTimes(date, this.#spec);
    return session !== undefined && market < expiresAt(this.#config, session) ? session : undefined;
  }

  #awaitListing({ market, wall }: At): void {
    if (this.#day !== undefined) return;
    const session = this.#sessionAt(newYorkDate(market), market);
    if (session === undefined || market < session.open) return;
    const { date } = session;
    const since = this.#unlisted?.date === date ? this.#unlisted.since : wall;
    this.#unlisted = { date, since, until: wall };
  }

  /** Rows are numbered as the chain numbers them: in the order in which they were first listed. A chain
   * that waited too long has rows of what was held before them, and one that has no more room leaves some
   * out; neither is told by any input. */
  #list({ at, listing: { date, contracts } }: Extract<Input, { kind: 'listing' }>): void {
    if (this.#sessionAt(date, at.market) === undefined) return;
    if (this.#day === undefined && this.#isLate(date)) this.#fault = LISTED_LATE;
    this.#day ??= { date, midnight: newYorkInstant(date, 0) };
    if (date !== this.#day.date) return;
    for (const contract of contracts) {
      const symbol = occSymbol(contract);
      if (contract.expiry === date && !this.#rows.has(symbol)) this.#rows.set(symbol, contract);
    }
    if (this.#rows.size > MAX_CONTRACTS) this.#fault ??= LISTING_CUT;
  }

  #isLate(date: SessionDate): boolean {
    if (this.#unlisted?.date !== date) return false;
    return this.#unlisted.until - this.#unlisted.since >= LISTING_WAIT_MICROS;
  }

  /** The history that a feed gives at first holds bars of other days too. */
  #addBar({ startsAt, open, high, low, close, volume }: Bar, at: number, day: Day): void {
    if (newYorkDate(startsAt) !== day.date) return;
    this.#bars.push({ at, startsAt: startsAt - day.midnight, open, high, low, close, volume });
  }

  /** A tape tells no bar that the feed took back. */
  #takeBack(startsAt: number): void {
    this.#bars = this.#bars.filter((bar) => bar.startsAt !== startsAt);
  }

  /** The tape, or why there is none. */
  tape(): MarketTape | string {
    const events = this.#writer.events();
    if (this.#day === undefined || !events.kinds.includes(TAPE_KINDS.quote)) {
      return 'it holds no quotes: name another recording';
    }
    if (this.#fault !== undefined) return this.#fault;
    const contracts = [...this.#rows.values()];
    return {
      underlying: this.#spec.symbol,
      date: this.#day.date,
      contracts,
      bars: this.#bars,
      events,
    };
  }
}

/**
 * Reads the market out of a recording (`recordings/*.rec` of a home). Throws CONFIG_INVALID for a file
 * that cannot be read, is of another underlying, holds no quotes or does not tell whose they are.
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
  const maker = new TapeMaker(config, inputs.length);
  for (const chunk of inputs) maker.take(decodeInput(chunk));
  const tape = maker.tape();
  if (typeof tape === 'string') throw unusable(path, tape);
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

/** A recorded market is played in sessions of its own kind, and entered once it has quotes. */
export function playedIn(tape: MarketTape): PlayedSessions {
  const session = sessionTimes(tape.date);
  assert(session !== undefined, 'a tape is of a session');
  return { kind: session.kind, firstMinute: firstMinuteOf(tape) };
}
