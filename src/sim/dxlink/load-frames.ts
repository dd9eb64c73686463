/** Quotes at any rate: frames that are written once and sent over and over. */
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { dataFrames, type EventGroup, type FrameStyle } from './data-frames.ts';
import type { EventRow } from './event-schema.ts';

/** The market moves on: frames are written anew this often. */
const RENEW_AFTER_MICROS = MICROS_PER_SECOND;
/** After a pause no more than this is made up for. */
const MOST_SECONDS_OWED = 1;
/** The same quotes with other sizes, so that every frame changes its rows. */
const VARIANTS = 2;

interface Prepared {
  readonly text: string;
  readonly events: number;
}

/** One channel's own. */
export class LoadFrames {
  #prepared: Prepared[] = [];
  #madeAt = 0;
  #sentAt = 0;
  #owed = 0;
  #turn = 0;

  /** The frames due at a time for so many events a second. `make` is asked only when frames are written
   * anew; where it has no rows there are none. */
  due(
    wall: EpochMicros,
    perSecond: number,
    make: () => { group: EventGroup; style: FrameStyle },
  ): string[] {
    const seconds = Math.min(MOST_SECONDS_OWED, (wall - this.#sentAt) / MICROS_PER_SECOND);
    this.#sentAt = wall;
    if (perSecond === 0) return [];
    this.#owed = Math.min(this.#owed + perSecond * seconds, perSecond * MOST_SECONDS_OWED);
    if (wall - this.#madeAt >= RENEW_AFTER_MICROS || this.#prepared.length === 0) {
      this.#prepare(make());
      this.#madeAt = wall;
    }
    const frames: string[] = [];
    for (;;) {
      const next = this.#prepared[this.#turn % this.#prepared.length];
      if (next === undefined || next.events > this.#owed) return frames;
      frames.push(next.text);
      this.#owed -= next.events;
      this.#turn += 1;
    }
  }

  #prepare({ group, style }: { group: EventGroup; style: FrameStyle }): void {
    this.#prepared = [];
    for (let variant = 0; variant < VARIANTS; variant += 1) {
      const rows = group.rows.map(
        (row, i): EventRow => ({ ...row, askSize: 1 + ((i + variant) % 500) }),
      );
      for (const cut of pieces(rows)) {
        for (const text of dataFrames([{ ...group, rows: cut }], style)) {
          this.#prepared.push({ text, events: cut.length });
        }
      }
    }
  }
}

/** Quotes in a frame: as many as a busy real one holds. */
const ROWS_PER_FRAME = 100;

function pieces(rows: readonly EventRow[]): EventRow[][] {
  const cuts: EventRow[][] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_FRAME) {
    cuts.push(rows.slice(from, from + ROWS_PER_FRAME));
  }
  return cuts;
}
