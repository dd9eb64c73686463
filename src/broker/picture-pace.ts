/**
 * When the next picture of an account is begun, and for how long the last one still tells anything. An
 * adapter that reads the account in rounds of several requests asks here. Pure, core thread only.
 */

import type { At } from '../engine/domain/clock.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND } from '../engine/domain/units.ts';
import { BLIND_AFTER_MICROS } from './order-gateway.ts';

/** From one beginning to the next while options trade: four requests. With the round itself and a second
 * look, what differs is told within five seconds. */
const EVERY_MICROS = 3 * MICROS_PER_SECOND;
const OFF_HOURS_EVERY_MICROS = 10 * MICROS_PER_SECOND;

export class PicturePace {
  readonly #leastApart: number;
  #dueAt: number;
  #begunAt = Number.NEGATIVE_INFINITY;
  #runningSince: EpochMicros | undefined;
  /** Since when rounds have been under way of which none made a picture. */
  #failingSince: EpochMicros | undefined;
  #calmUntil = 0;

  /** `leastApartMicros`: rounds that are wanted sooner begin at least this far apart. `dueAt`: the wall
   * time of the first; infinite until it is asked for. */
  constructor(leastApartMicros: number, dueAt: number) {
    this.#leastApart = leastApartMicros;
    this.#dueAt = dueAt;
  }

  isDue({ wall }: At): boolean {
    return wall >= this.#dueAt;
  }

  /** Since when a round has been under way, wall time. */
  get runningSince(): EpochMicros | undefined {
    return this.#runningSince;
  }

  /** A round begins now. */
  begin(at: At, session: SessionTimes | undefined): void {
    this.#begunAt = at.wall;
    this.#runningSince = at.wall;
    this.#dueAt = addMicros(at.wall, this.#every(at, session));
  }

  #every({ market, wall }: At, session: SessionTimes | undefined): number {
    const isOpen = session !== undefined && market >= session.open && market < session.lastTrade;
    return isOpen && wall >= this.#calmUntil ? EVERY_MICROS : OFF_HOURS_EVERY_MICROS;
  }

  /** The round made a picture. */
  completed(): void {
    this.#runningSince = undefined;
    this.#failingSince = undefined;
  }

  /** The round made none: it failed, or something changed meanwhile. */
  failed({ wall }: At): void {
    this.#failingSince ??= this.#runningSince ?? wall;
    this.#runningSince = undefined;
  }

  /** The next round begins after so long at the latest. */
  again({ wall }: At, micros: number): void {
    this.#dueAt = Math.min(this.#dueAt, addMicros(wall, micros));
  }

  /** The next round begins as soon as rounds may, where they are taken at all. */
  lookAgain({ wall }: At): void {
    if (this.#dueAt === Number.POSITIVE_INFINITY) return;
    this.#dueAt = Math.min(this.#dueAt, Math.max(wall, this.#begunAt + this.#leastApart));
  }

  /** Everything is read anew, at once: the one that is under way says nothing any more. */
  beginAnew({ wall }: At): void {
    this.#runningSince = undefined;
    this.#begunAt = Number.NEGATIVE_INFINITY;
    this.#dueAt = wall;
  }

  /** Until then the account is read as rarely as off hours. */
  calmUntil(wall: number): void {
    this.#calmUntil = wall;
  }

  /** True where the account has not let itself be read for so long that the last picture is none. */
  isBlind({ wall }: At): boolean {
    const since = this.#failingSince ?? this.#runningSince;
    return since !== undefined && wall >= since + BLIND_AFTER_MICROS;
  }
}
