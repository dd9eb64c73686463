/** The market of one desk as exits judge by it, lent to them: one object for all positions and batches. */

import type { Price } from '../../engine/domain/units.ts';
import { price } from '../../engine/domain/units.ts';
import type { DeskConfig } from '../desk-config.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DaySchedule, DeskContext } from '../desk-context.ts';
import { spotOf } from '../desk-context.ts';
import { isExDividendEve } from '../exits/ex-dividend.ts';
import type { ExitInput, ExitMemory } from '../exits/exit-input.ts';
import type { RecentMarket } from '../exits/jump.ts';
import { soundSpot } from '../session/closing-price.ts';
import { recentMarket } from '../session/recent-market.ts';

/** A position and how its exits judge. */
type Judged = Pick<ExitInput, 'position' | 'held' | 'policy'>;

/** What is judged, written again for every batch and every position: nobody keeps it. */
type LentInput = { -readonly [K in keyof ExitInput]: ExitInput[K] };

/** Core thread only. `look` begins a batch; what `input` gives is valid until it is asked again. */
export class ExitMarket {
  readonly #desk: DeskContext;
  readonly #recent: RecentMarket;
  #input: LentInput | undefined;
  #schedule: DaySchedule | undefined;
  #config: DeskConfig | undefined;

  constructor(desk: DeskContext) {
    this.#desk = desk;
    this.#recent = recentMarket(desk);
  }

  /** The market as it stands, with this position in it. */
  input(judged: Judged, memory: ExitMemory): ExitInput {
    const { position, held, policy } = judged;
    const input = this.#input ?? this.#newInput(judged, memory);
    input.position = position;
    input.held = held;
    input.policy = policy;
    input.memory = memory;
    return input;
  }

  /** To be called once a batch, before `input`. */
  look(): void {
    const desk = this.#desk;
    const { day } = desk;
    desk.evidence.look(day);
    const input = this.#input;
    if (input === undefined) return;
    input.at = desk.at;
    input.flatBy = day.schedule;
    input.spot = roundedSpot(desk);
    input.bars = desk.bars.bars();
    if (this.#schedule !== day.schedule || this.#config !== desk.config) this.#enterDay(input);
  }

  /** What is the same as long as settings and schedule are, which each session has of its own. */
  #enterDay(input: LentInput): void {
    const { day, config } = this.#desk;
    const { nickelBuyBack, exDividendDates } = exitSettingsOf(config);
    input.session = day.session;
    input.nickelFrom = nickelBuyBack ? day.schedule.lastHourFrom : undefined;
    input.isExDividendEve = isExDividendEve(day.session.date, exDividendDates);
    this.#schedule = day.schedule;
    this.#config = config;
  }

  #newInput({ position, held, policy }: Judged, memory: ExitMemory): LentInput {
    const desk = this.#desk;
    const input: LentInput = {
      position,
      held,
      quotes: desk.evidence.of,
      at: desk.at,
      session: desk.day.session,
      flatBy: desk.day.schedule,
      policy,
      memory,
      spot: roundedSpot(desk),
      soundSpot: () => soundSpot(desk),
      recent: this.#recent,
      bars: desk.bars.bars(),
      nickelFrom: undefined,
      isExDividendEve: false,
    };
    this.#enterDay(input);
    this.#input = input;
    return input;
  }
}

function roundedSpot(desk: DeskContext): Price | undefined {
  const spot = spotOf(desk);
  return spot === undefined ? undefined : price(Math.round(spot));
}
