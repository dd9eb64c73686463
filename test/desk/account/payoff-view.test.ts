import { describe, expect, it } from 'vitest';
import { payoffView } from '../../../src/desk/account/payoff-view.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import { buildSlice } from '../../support/chain-builder.ts';
import { FakeEngineApi } from '../../support/fake-engine-api.ts';

async function cardOf(change: Partial<TradeCard>): Promise<TradeCard> {
  const request = {
    strategy: 'lotto_play_5_delta',
    side: 'call',
    targetDelta: 5,
    quantity: 1,
  } as const;
  const caller = { principal: 'local', authority: 'open' } as const;
  const answer = await new FakeEngineApi().previewStrategy(request, caller);
  if ('denied' in answer) throw new Error(answer.denied.message);
  const [leg] = answer.value.legs;
  if (leg === undefined) throw new Error('the sample card has a leg');
  const long = { ...leg, symbol: 'SPY   261120P00595000', strike: 595, action: 'Buy to Open' };
  const legs = [leg, long].map((each) => ({ ...each, quantity: 2 }));
  return {
    ...answer.value,
    legs,
    quantity: 2,
    limitPrice: 0.44,
    worstPrice: 0.4,
    feesCents: 300,
    ...change,
  };
}

describe('the picture of a trade card', () => {
  it('reaches over the strikes and the spot, and ends at the worst and best of the order', async () => {
    const view = payoffView(await cardOf({}), buildSlice());
    const prices = view?.prices ?? [];
    expect(prices).toEqual(expect.arrayContaining([595, 597]));
    expect(prices[0]).toBeLessThan(595);
    expect(prices.at(-1)).toBeGreaterThan(view?.spot ?? 0);
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    expect(view?.closeCents[0]).toBe(-2 * 160_00 - 300);
    expect(view?.closeCents.at(-1)).toBe(2 * 40_00 - 300);
  });

  it('lies between the extremes of the close now, where every volatility is known', async () => {
    const view = payoffView(await cardOf({}), buildSlice());
    const now = (view?.nowCents ?? []).filter((each) => each !== null);
    expect(now).toHaveLength(view?.prices.length ?? 0);
    expect(Math.max(...now)).toBeLessThanOrEqual(2 * 40_00);
    expect(Math.min(...now)).toBeGreaterThanOrEqual(-2 * 160_00 - 301);
  });

  it('is not drawn without a chain, or for legs that are no order’s', async () => {
    expect(payoffView(await cardOf({}), undefined)).toBeUndefined();
    expect(payoffView(await cardOf({ legs: [] }), buildSlice())).toBeUndefined();
  });

  it.each(['close', 'flatten', 'cancel'] as const)('is not drawn for a %s', async (purpose) => {
    const card = await cardOf({ purpose, quantity: purpose === 'cancel' ? 0 : 2 });
    expect(payoffView(card, buildSlice())).toBeUndefined();
  });
});
