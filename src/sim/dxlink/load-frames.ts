/** Quotes at any rate: frames that are written once and sent over and over. */
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { dataFrames, type EventGroup, type FrameStyle } from './data-frames.ts';
import type { EventRow } from './event-schema.ts';

/** The market moves on: frames are written anew this often, and while it stands still now and then. */
const RENEW_AFTER_MICROS = MICROS_PER_SECOND;
const RENEW_STILL_MICROS = 60 * MICROS_PER_SECOND;
/** After a pause no more than this is made up for. */
const MOST_SECONDS_OWED = 1;
/** The same quotes with other sizes, so that every frame changes its rows. */
const VARIANTS = 2;

interface Prepared {
  readonly text: string;
  readonly events: number;
}

/** Of what frames are written. */
export interface LoadSource {
  /** Grows as the market moves. */
  readonly version: number;
  /** Asked only when frames are written anew; where it has no rows there are none. */
  make(): { readonly group: EventGroup; readonly style: FrameStyle };
}

/** One channel's own. */
export class LoadFrames {
  #prepared: Prepared[] = [];
  #madeAt = 0;
  #madeOf = -1;
  #sentAt = 0;
  #owed = 0;
  #turn = 0;

  /** The frames due at a time for so many events a second. */
  due(wall: EpochMicros, perSecond: number, source: LoadSource): string[] {
    const seconds = Math.min(MOST_SECONDS_OWED, (wall - this.#sentAt) / MICROS_PER_SECOND);
    this.#sentAt = wall;
    if (perSecond === 0) return [];
    this.#owed = Math.min(this.#owed + perSecond * seconds, perSecond * MOST_SECONDS_OWED);
    const lasts = source.version === this.#madeOf ? RENEW_STILL_MICROS : RENEW_AFTER_MICROS;
    if (wall - this.#madeAt >= lasts || this.#prepared.length === 0) {
      this.#prepare(source.make());
      this.#madeAt = wall;
      this.#madeOf = source.version;
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

  #prepare({ group, style }: ReturnType<LoadSource['make']>): void {
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
