/** The quotes that a chain needs, each by itself: those of its options, and those of its underlying. */
import type { At } from '../../engine/domain/clock.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { STREAM_LIMIT_MILLIS } from '../../engine/feed/feed-watchdog.ts';
import { hasQuotes } from './feed-wants.ts';
import { RowStream } from './row-stream.ts';

/** Of all options together some are quoted every second, and so is an ETF. */
const QUOTES_MILLIS = STREAM_LIMIT_MILLIS.Quote ?? Number.POSITIVE_INFINITY;
/** The level of an index is reckoned every second or every fifteen. */
const LEVEL_MILLIS = 30_000;

/** What is silent in session beyond its limit. */
export interface Silence {
  readonly of: 'options' | 'underlying';
  readonly millis: number;
}

/**
 * Core thread only. An underlying is judged while its options are heard: in a halt both are silent. One
 * that was silent leaves its options alone: they are evidence by themselves. But what the next connection
 * tells of it first may be as old as the silence: it is not to be handed on, unless the market is over and
 * tells no more.
 */
export class ChainStreams {
  readonly #hasQuotes: boolean;
  readonly #options = new RowStream(QUOTES_MILLIS);
  readonly #spot: RowStream;
  #hasOptions = false;
  #isSession = false;

  constructor(underlying: string) {
    this.#hasQuotes = hasQuotes(underlying);
    this.#spot = new RowStream(this.#hasQuotes ? QUOTES_MILLIS : LEVEL_MILLIS);
    this.#spot.want(1);
  }

  /** A connection was made, or other rows were listed. */
  begin(wallMicros: number): void {
    this.#options.begin(wallMicros);
    this.#spot.begin(wallMicros);
  }

  /** How many options are wanted. */
  want(options: number): void {
    this.#hasOptions = options > 0;
    this.#options.want(options);
  }

  /** A row was quoted; the underlying's is negative. False where that is not to be handed on. */
  quoted(row: number): boolean {
    if (row >= 0) this.#options.quoted(row);
    else if (this.#hasQuotes) return this.#spotTold();
    return true;
  }

  /** A row traded, which for an index tells its level. False where that is not to be handed on. */
  traded(row: number): boolean {
    return row >= 0 || this.#hasQuotes || this.#spotTold();
  }

  #spotTold(): boolean {
    this.#spot.quoted(0);
    return this.#spot.isLive || !this.#isSession;
  }

  /** What is silent now; undefined where nothing is, or need not speak. */
  silence(at: At, session: SessionTimes | undefined): Silence | undefined {
    const options = this.#options.silentMillis(at, session);
    const spot = this.#spot.silentMillis(at, session);
    this.#isSession = session !== undefined && at.market < session.lastTrade;
    if (spot !== undefined) this.#spot.wentSilent();
    if (options !== undefined) return { of: 'options', millis: options };
    const isSilent = spot !== undefined && this.#hasOptions;
    return isSilent ? { of: 'underlying', millis: spot } : undefined;
  }

  /** A connection was given up for the options' silence: what the next one tells first proves nothing. */
  optionsWentSilent(): void {
    this.#options.wentSilent();
  }

  /** False while the options owe news. */
  get areOptionsLive(): boolean {
    return this.#options.isLive;
  }

  /** False where their silence proves nothing of the market. */
  areOptionsDue(at: At, session: SessionTimes | undefined): boolean {
    return this.#options.isDue(at, this.#hasQuotes ? session : undefined);
  }
}
