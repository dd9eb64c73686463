/** All listed options of one session, moved forward step by step. One owner; not shared. */

import type { OptionContract, Right } from '../../engine/domain/instrument.ts';
import { streamerSymbol } from '../../engine/domain/instrument.ts';
import { priceFromDollars } from '../../engine/domain/units.ts';
import { STEPS_PER_MINUTE } from '../model/day-grid.ts';
import type { OptionPrint } from '../model/option-day.ts';
import { strikesListedAt } from '../model/strike-ladder.ts';
import type { DayContext } from './day-context.ts';
import { OptionRow } from './option-row.ts';

/** Greeks of a contract are sent every ten seconds of market time, each at its own beat. */
const GREEKS_EVERY_STEPS = 40;
const RANGE_SAMPLE_STEPS = 5 * STEPS_PER_MINUTE;

/** A print of an option, with the row it belongs to. */
export interface BoardPrint {
  readonly row: OptionRow;
  readonly print: OptionPrint;
}

/** The rows of one session, by streamer symbol. */
export class OptionBoard {
  readonly rows = new Map<string, OptionRow>();
  readonly #day: DayContext;
  #listedAt = -1;
  #sampled: number;
  #step = -1;

  constructor(day: DayContext) {
    this.#day = day;
    this.#sampled = day.grid.openStep;
  }

  /** The listed contracts, ascending by strike. */
  contracts(): OptionContract[] {
    const contracts = [...this.rows.values()].map((row) => row.contract);
    return contracts.toSorted((a, b) => a.strike - b.strike);
  }

  /** Moves to a step; answers the prints since the last one. Options are quoted and traded from
   * the open to their last trade and stand still after it. */
  advance(step: number): BoardPrint[] {
    this.#list(step);
    const { openStep, lastTradeStep } = this.#day.grid;
    const capped = Math.min(step, lastTradeStep);
    if (step < openStep || capped === this.#step) return [];
    this.#step = capped;
    const climate = this.#day.climate.at(capped);
    const prints: BoardPrint[] = [];
    for (const row of this.rows.values()) {
      row.requote(climate);
      const print = row.trade(capped);
      if (print !== undefined) prints.push({ row, print });
      if (capped < lastTradeStep) row.refreshGreeks(beatOf(row, capped, openStep));
    }
    this.#sampleRange(capped);
    return prints;
  }

  #sampleRange(step: number): void {
    for (; this.#sampled <= step; this.#sampled += RANGE_SAMPLE_STEPS) {
      const climate = this.#day.climate.at(this.#sampled);
      for (const row of this.rows.values()) row.widen(climate);
    }
  }

  #list(step: number): void {
    const minute = Math.floor(step / STEPS_PER_MINUTE);
    if (minute === this.#listedAt) return;
    this.#listedAt = minute;
    const { low, high, spacing } = strikesListedAt(this.#day.path, step);
    for (let strike = low; strike <= high; strike += spacing) {
      this.#listContract('call', strike);
      this.#listContract('put', strike);
    }
  }

  #listContract(right: Right, dollars: number): void {
    const strike = priceFromDollars(dollars);
    const contract = {
      kind: 'option',
      root: this.#day.path.shape.spec.optionRoot,
      expiry: this.#day.date,
      right,
      strike,
    } as const;
    const symbol = streamerSymbol(contract);
    if (!this.rows.has(symbol)) this.rows.set(symbol, new OptionRow(contract, this.#day));
  }
}

/** The latest step, at or before `step`, at which a contract's greeks were made. */
function beatOf(row: OptionRow, step: number, openStep: number): number {
  const phase = row.salt % GREEKS_EVERY_STEPS;
  const beat = Math.floor((step + phase) / GREEKS_EVERY_STEPS) * GREEKS_EVERY_STEPS - phase;
  return Math.max(openStep, beat);
}
