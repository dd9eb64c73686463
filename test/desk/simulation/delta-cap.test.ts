import { describe, expect, it } from 'vitest';
import { DeltaCap } from '../../../src/desk/simulation/delta-cap.ts';
import { HeardQuotes } from '../../../src/desk/simulation/heard-quotes.ts';
import type { LiveOrder } from '../../../src/desk/simulation/live-orders.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol, parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import type { LegAction, OrderIntent } from '../../../src/engine/domain/order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { addMicros, MICROS_PER_SECOND, price } from '../../../src/engine/domain/units.ts';
import { limitsFrom } from '../../../src/risk/limits.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const rig = new DeskRig();
const { context } = rig.desk;

/** The rig's quotes as an oracle hears them. */
function heard(): HeardQuotes {
  const quotes = new HeardQuotes();
  quotes.onInput({ kind: 'listing', at: rig.at, listing: rig.listing() });
  const rows = [-1, ...rig.listing().contracts.keys()];
  for (const index of rows) {
    const { bid, ask } = context.reader.quote(index) ?? {};
    quotes.onInput({ kind: 'quote', at: rig.at, index, bid, ask, bidSize: 1, askSize: 1 });
  }
  return quotes;
}

const contracts = rig.listing().contracts;

function deltaOf(contract: OptionContract): number {
  const index = context.chain.indexOf(instrumentSymbol(contract)) ?? -1;
  return context.reader.view(index)?.greeks?.delta ?? 0;
}

/** Of this right the one whose delta, without its sign, is nearest. */
function near(right: 'call' | 'put', delta: number): OptionContract {
  const away = (contract: OptionContract) => Math.abs(Math.abs(deltaOf(contract)) - delta);
  const [first] = contracts
    .filter((contract) => contract.right === right)
    .toSorted((a, b) => away(a) - away(b));
  return first!;
}

function order(instrument: OptionContract, action: LegAction, quantity: number): OrderIntent {
  const money = { limit: price(0), worst: price(0) };
  const whose = { strategy: 'place_order', positionId: 'P', principal: 'alice' } as const;
  const legs = [{ instrument, action, ratio: 1 }];
  return { intentId: 'P', purpose: 'open', ...whose, legs, quantity, ...money };
}

function live(intent: OrderIntent): LiveOrder {
  return { intent, filled: new Map() };
}

function judged(
  cap: number,
  intent: OrderIntent,
  working: readonly OrderIntent[] = [],
  at = rig.at,
) {
  const limits = limitsFrom({ portfolioDeltaCap: cap });
  const deltas = new DeltaCap(heard(), rig.session.lastTrade);
  return deltas.faultsOf(intent, at, { limits, held: new Map(), live: working.map(live) });
}

describe('the cap on net delta', () => {
  it.each([
    ['call', 'buyToOpen', 0.3],
    ['call', 'sellToOpen', 0.7],
    ['put', 'buyToOpen', 0.3],
    ['put', 'sellToOpen', 0.7],
  ] as const)(
    'is passed by a %s (%s, delta %s) only where it is by the desk',
    (right, action, size) => {
      const contract = near(right, size);
      const delta = Math.abs(deltaOf(contract) * legSign(action)) * 1_000;
      expect(judged(delta - 60, order(contract, action, 10))).toHaveLength(1);
      expect(judged(delta, order(contract, action, 10))).toEqual([]);
    },
  );

  it('counts what works at its worst, and each that lowers it as not filled', () => {
    const call = near('call', 0.4);
    const one = Math.abs(deltaOf(call)) * 100;
    const [bought, sold] = [order(call, 'buyToOpen', 2), order(call, 'sellToOpen', 3)];
    expect(judged(3 * one, order(call, 'buyToOpen', 2), [bought])).toHaveLength(1);
    expect(judged(3 * one, order(call, 'buyToOpen', 2), [sold])).toEqual([]);
    expect(judged(3 * one, order(call, 'buyToOpen', 2), [bought, sold])).toHaveLength(1);
  });

  it('counts what is held', () => {
    const call = near('call', 0.4);
    const one = Math.abs(deltaOf(call)) * 100;
    const limits = limitsFrom({ portfolioDeltaCap: 3 * one });
    const deltas = new DeltaCap(heard(), rig.session.lastTrade);
    const hold = (quantity: number) => {
      const lots = new Map([[instrumentSymbol(call), { instrument: call, quantity }]]);
      const beside = { limits, held: new Map([['P', lots]]), live: [] };
      return deltas.faultsOf(order(call, 'buyToOpen', 2), rig.at, beside);
    };
    expect(hold(2)).toHaveLength(1);
    expect(hold(-2)).toEqual([]);
  });

  it('is not judged on a quote that is old, has one side or is not heard', () => {
    const call = near('call', 0.4);
    const wall = addMicros(rig.at.wall, 11 * MICROS_PER_SECOND);
    expect(judged(0, order(call, 'buyToOpen', 10))).toHaveLength(1);
    expect(judged(0, order(call, 'buyToOpen', 10), [], { ...rig.at, wall })).toEqual([]);
    const other = parseOccSymbol('SPY   261120C00100000');
    expect(judged(0, order(other!, 'buyToOpen', 10))).toEqual([]);
  });
});
