/**
 * What was closed of a structure, trade by trade: what of it went with whole units and what is lacking of those
 * that are left, and what the lots gave up for it, for a broker may take it back. Core thread only.
 */

import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol, multiplierOf } from '../domain/instrument.ts';
import type { Fill, OrderLeg } from '../domain/order.ts';
import type { Cents, EpochMicros, Price } from '../domain/units.ts';
import { amountCents, cents } from '../domain/units.ts';

/** What a trade was told as: an execution, or what else has an id and a time. */
export interface ToldAs {
  readonly fillId: string;
  readonly intentId: string;
  readonly marketAt: EpochMicros;
}

/** Contracts that one trade closed of an instrument, signed as they were traded. */
export interface Close {
  readonly by: ToldAs;
  readonly quantity: number;
  readonly at: Price;
  /** Signed cash that the lot gave up for them. */
  readonly cashOut: number;
}

export class LotCloses {
  /** By symbol, oldest first by the market's time: after a while apart a broker may tell them order by order. */
  readonly #closes = new Map<string, readonly Close[]>();

  add(instrument: Instrument, close: Close): void {
    const closes = [...this.#of(instrument), close];
    closes.sort((one, other) => one.by.marketAt - other.by.marketAt);
    this.#closes.set(instrumentSymbol(instrument), closes);
  }

  /** True while nothing was closed. */
  get isEmpty(): boolean {
    return Array.from(this.#closes.values()).every((closes) => closes.length === 0);
  }

  /** True where an execution closed something. */
  has({ instrument, fillId }: Fill): boolean {
    return this.#of(instrument).some(({ by }) => by.fillId === fillId);
  }

  /** Takes out what an execution had closed of an instrument. */
  takeOut({ instrument, fillId }: Fill): readonly Close[] {
    const closes = this.#of(instrument);
    const left = closes.filter(({ by }) => by.fillId !== fillId);
    this.#closes.set(instrumentSymbol(instrument), left);
    return closes.filter((close) => !left.includes(close));
  }

  /** Units that went whole, by the order that closed as much of each of these legs. */
  wholeUnits(legs: readonly OrderLeg[]): ReadonlyMap<string, number> {
    const [first = new Map<string, number>(), ...others] = legs.map((leg) => this.#unitsOf(leg));
    const whole = new Map<string, number>();
    for (const [intentId, units] of first) {
      const ofOthers = others.map((other) => other.get(intentId) ?? 0);
      whole.set(intentId, Math.floor(Math.min(units, ...ofOthers)));
    }
    return whole;
  }

  #unitsOf({ instrument, ratio }: OrderLeg): ReadonlyMap<string, number> {
    const units = new Map<string, number>();
    for (const { by, quantity } of this.#of(instrument)) {
      units.set(by.intentId, (units.get(by.intentId) ?? 0) + Math.abs(quantity) / ratio);
    }
    return units;
  }

  /** Signed cash that closing the newest so many contracts of a leg took or brought; those that went with
   * whole units of their orders are none of them. */
  newest(
    { instrument, ratio }: OrderLeg,
    contracts: number,
    whole: ReadonlyMap<string, number>,
  ): Cents {
    const aside = new Map(Array.from(whole, ([intentId, units]) => [intentId, units * ratio]));
    const apart = this.#of(instrument).map(({ by, quantity, at }) => {
      const ofWhole = Math.min(Math.abs(quantity), aside.get(by.intentId) ?? 0);
      aside.set(by.intentId, (aside.get(by.intentId) ?? 0) - ofWhole);
      return { quantity: quantity - Math.sign(quantity) * ofWhole, at };
    });
    let left = contracts;
    let cash = 0;
    for (const { quantity, at } of apart.toReversed()) {
      const counted = Math.sign(quantity) * Math.min(left, Math.abs(quantity));
      cash += amountCents(at, -counted, multiplierOf(instrument));
      left -= Math.abs(counted);
    }
    return cents(cash);
  }

  #of(instrument: Instrument): readonly Close[] {
    return this.#closes.get(instrumentSymbol(instrument)) ?? [];
  }
}
