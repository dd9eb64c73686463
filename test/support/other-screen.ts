/** What others trade in the account at another screen: the broker tells of it, and its pictures list it. */

import { instrumentSymbol, parseInstrument } from '../../src/engine/domain/instrument.ts';
import type { Fill } from '../../src/engine/domain/order.ts';
import { cents, priceFromDollars } from '../../src/engine/domain/units.ts';
import type { DeskRig } from './desk-rig.ts';

export interface OtherTrade {
  readonly symbol: string;
  readonly action: Fill['action'];
  readonly quantity?: number;
  readonly dollars: number;
}

export class OtherScreen {
  readonly #fills: Fill[] = [];
  readonly #settled = new Set<string>();

  /** From now on the broker of this rig has it all. */
  show(rig: DeskRig): void {
    rig.gateway.editSnapshot = (snapshot) => ({
      ...snapshot,
      positions: [...snapshot.positions, ...this.#positions()],
      fills: [
        ...snapshot.fills,
        ...this.#fills.filter(({ marketAt }) => marketAt >= snapshot.fillsSince),
      ],
    });
  }

  trade(rig: DeskRig, { symbol, action, quantity = 1, dollars }: OtherTrade): Fill {
    const name = `theirs-${this.#fills.length + 1}`;
    const fill: Fill = {
      fillId: name,
      intentId: name,
      instrument: parseInstrument(symbol),
      action,
      quantity,
      price: priceFromDollars(dollars),
      feesCents: cents(0),
      marketAt: rig.at.market,
    };
    this.#fills.push(fill);
    this.show(rig);
    rig.brokerSays({ kind: 'fill', fill });
    return fill;
  }

  /** The broker takes one of them back. */
  bust(rig: DeskRig, { fillId, intentId }: Fill): void {
    this.#fills.splice(
      this.#fills.findIndex((fill) => fill.fillId === fillId),
      1,
    );
    rig.brokerSays({ kind: 'busted', fillId, intentId, reason: 'test' });
  }

  /** It expires worth nothing, and the broker tells so. */
  expire(rig: DeskRig, symbol: string): void {
    const instrument = parseInstrument(symbol);
    const quantity = this.#quantities().get(symbol) ?? 0;
    if (instrument.kind !== 'option') throw new Error(`${symbol} expires at no time`);
    this.#settled.add(symbol);
    const settlement = {
      settlementId: `settled ${symbol}`,
      outcome: 'expired',
      instrument,
      quantity,
      shares: 0,
      sharePrice: instrument.strike,
      feesCents: cents(0),
      marketAt: rig.at.market,
    } as const;
    rig.brokerSays({ kind: 'settlement', settlement });
  }

  #quantities(): ReadonlyMap<string, number> {
    const held = new Map<string, number>();
    for (const { instrument, action, quantity } of this.#fills) {
      const symbol = instrumentSymbol(instrument);
      const signed = action.startsWith('buy') ? quantity : -quantity;
      held.set(symbol, (held.get(symbol) ?? 0) + signed);
    }
    return held;
  }

  #positions() {
    return [...this.#quantities()].flatMap(([symbol, quantity]) => {
      if (quantity === 0 || this.#settled.has(symbol)) return [];
      const [first] = this.#fills.filter((fill) => instrumentSymbol(fill.instrument) === symbol);
      return [{ symbol, quantity, averagePrice: first?.price ?? priceFromDollars(0) }];
    });
  }
}
