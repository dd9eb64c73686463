import { expect, it } from 'vitest';
import { EarlyCloses } from '../../../src/desk/simulation/early-closes.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import { cents, price } from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';

const session = buildSession();
const option = { kind: 'option', root: 'SPY', expiry: session.date, right: 'call' } as const;
const CALL = { ...option, strike: price(6_000_000) };

function sale(fillId: string, quantity: number): Fill {
  const told = { intentId: 'external-1', feesCents: cents(0), marketAt: session.open };
  return { ...told, fillId, instrument: CALL, action: 'sellToClose', price: price(100), quantity };
}

it('what was closed early is taken once, the oldest first, as far as it goes', () => {
  const early = new EarlyCloses();
  const take = (most: number) =>
    early.take(instrumentSymbol(CALL), most).map(({ fillId, quantity }) => [fillId, quantity]);
  early.add(sale('A', 2));
  early.add(sale('B', 2));
  expect(take(0)).toEqual([]);
  expect(take(3)).toEqual([
    ['A', 2],
    ['B', 1],
  ]);
  expect(take(3)).toEqual([['B', 1]]);
  expect(take(3)).toEqual([]);
  early.add(sale('C', 1));
  early.clear();
  expect(take(1)).toEqual([]);
});
