/** Whether the quotes of some rows live, apart from those of all others. */
import { MAX_CONTRACTS } from '../../engine/chain/chain-layout.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';

/** Options open series by series behind their underlying, which may be late itself. */
const OPENING_MILLIS = 60_000;

/**
 * Core thread only. The first quote of a row on a connection may be as old as the day, its next is news.
 * None of any row for longer than the limit is a fault of the feed, or a halt. `quoted` is called for each
 * quote and makes nothing.
 */
export class RowStream {
  readonly #limitMillis: number;
  readonly #isHeard = new Uint8Array(MAX_CONTRACTS);
  #hasNews = false;
  #hasRows = false;
  /** Wall micros of the last look that found news, or from which on the rows at hand may speak. */
  #newsAt = 0;
  #owesNews = false;

  constructor(limitMillis: number) {
    this.#limitMillis = limitMillis;
  }

  /** A connection was made, or other rows were listed. */
  begin(wallMicros: number): void {
    this.#isHeard.fill(0);
    this.#hasNews = false;
    this.#newsAt = wallMicros;
  }

  /** How many rows are wanted. */
  want(count: number): void {
    this.#hasRows = count > 0;
  }

  quoted(row: number): void {
    if (this.#isHeard[row] === 1) this.#hasNews = true;
    else this.#isHeard[row] = 1;
  }

  /** For how many milliseconds they have been silent beyond their limit; undefined where they have not,
   * or need not speak now. */
  silentMillis({ market, wall }: At, session: SessionTimes | undefined): number | undefined {
    if (this.#hasNews) {
      this.#hasNews = false;
      this.#owesNews = false;
      this.#newsAt = wall;
    }
    if (session === undefined || !this.#hasRows) return undefined;
    const from = session.open + OPENING_MILLIS * MICROS_PER_MILLI;
    // Silence before they have to speak is none.
    if (market < from) this.#newsAt = wall;
    if (market < from || market >= session.lastTrade) return undefined;
    const silentMillis = (wall - this.#newsAt) / MICROS_PER_MILLI;
    return silentMillis > this.#limitMillis ? silentMillis : undefined;
  }

  /** False while no row is wanted outside the hours in which the quotes of their underlying have to
   * speak: silence proves nothing of a market that is closed. `session` is undefined where the underlying
   * has no quotes. */
  isDue({ market }: At, session: SessionTimes | undefined): boolean {
    if (this.#hasRows) return true;
    return session !== undefined && market >= session.open && market < session.lastTrade;
  }

  /** A connection was given up for their silence: what the next one tells first proves nothing. */
  wentSilent(): void {
    this.#owesNews = true;
  }

  /** False until there was news behind such a silence. */
  get isLive(): boolean {
    return !this.#owesNews || this.#hasNews || !this.#hasRows;
  }
}
