import { describe, expect, it } from 'vitest';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import type { LimitSettings } from '../../../src/risk/limits.ts';
import { buildBars } from '../../support/chain-builder.ts';
import { DeskRig, denialIn, LOTTO, valueIn } from '../../support/desk-rig.ts';

const ORB = {
  strategy: 'orb_long_call',
  strikeDelta: 30,
  rangeMinutes: 15,
  quantity: 1,
} as const satisfies StrategyRequest;

function preview(rig: DeskRig, request: StrategyRequest) {
  return rig.ask({ kind: 'previewStrategy', request, tokenSha256: rig.newToken() });
}

/** 09:46 with a range of 598 to 600, one bar closed above it and the next begun. */
function brokenOut(limits: LimitSettings = {}): DeskRig {
  const rig = new DeskRig({ minutes: 9 * 60 + 46, isOpen: false, limits });
  rig.spot = 600.5;
  rig.open();
  const opening = Array.from({ length: 15 }, () => ({ high: 600, low: 598, close: 599 }));
  for (const bar of buildBars([...opening, 600.5, 600.5]))
    rig.step({ kind: 'bar', at: rig.at, bar });
  rig.advance(1);
  return rig;
}

describe('a strategy asked through the desk', () => {
  it('that refuses is recorded with its reason and numbers', () => {
    const rig = new DeskRig();
    const { code, numbers } = denialIn(preview(rig, LOTTO));
    expect(rig.bodies('previewRefused')).toMatchObject([
      { principal: 'trader', strategy: 'lotto_play_5_delta', denial: { code, numbers } },
    ]);
    expect(code).toBe('entry_window');
  });

  it('without a chain says when to come back', () => {
    const { code, message } = denialIn(preview(new DeskRig({ isOpen: false }), ORB));
    expect(code).toBe('session_window');
    expect(message).toContain('market_status');
  });
});

describe('an opening range breakout', () => {
  it('is read from the bars that the desk has collected', () => {
    const { card } = brokenOut().preview(ORB);
    expect(card.legs).toMatchObject([{ action: 'Buy to Open', right: 'call' }]);
    expect(card.strategy).toBe('orb_long_call');
  });

  it('is taken once: by the confirm, not by the preview', () => {
    const rig = brokenOut();
    const first = rig.preview(ORB);
    expect('value' in preview(rig, ORB)).toBe(true);
    valueIn(rig.confirm(first.tokenSha256));
    expect(rig.day.breakoutsTaken).toHaveLength(1);
    denialIn(preview(rig, ORB));
    expect('denied' in preview(rig.restart(), ORB)).toBe(true);
  });
});

describe('two previews of one breakout', () => {
  it('do not both take it, however late the second is confirmed', () => {
    const rig = brokenOut({ portfolioDeltaCap: 200 });
    const [first, second] = [rig.preview(ORB), rig.preview(ORB)];
    valueIn(rig.confirm(first.tokenSha256));
    rig.advance(11);
    const { code, numbers } = denialIn(rig.confirm(second.tokenSha256));
    expect([code, numbers['alreadyTraded']]).toEqual(['breakout_stale', true]);
  });

  it('take it again where re-entry was asked for after it was taken', () => {
    const rig = brokenOut({ portfolioDeltaCap: 200 });
    valueIn(rig.confirm(rig.preview(ORB).tokenSha256));
    rig.advance(11);
    const again = { ...ORB, allowReentry: true };
    const [second, third] = [rig.preview(again), rig.preview(again)];
    valueIn(rig.confirm(second.tokenSha256));
    rig.advance(11);
    expect(denialIn(rig.confirm(third.tokenSha256)).code).toBe('breakout_stale');
  });
});

describe('the lotto budget', () => {
  function lottoRig(): DeskRig {
    return new DeskRig({ minutes: 14 * 60 + 5, limits: { lottoBudgetCents: cents(1_000) } });
  }

  function paid(rig: DeskRig): number {
    const fills = rig.orders().flatMap((order) => order.fills);
    return fills.reduce((sum, fill) => sum + fill.price * fill.quantity, 0);
  }

  it('is judged again at the confirm: two previews do not spend it twice', () => {
    const rig = lottoRig();
    const call = rig.preview({ ...LOTTO, quantity: 2 });
    const put = rig.preview({ ...LOTTO, side: 'put', quantity: 2 });
    rig.execute(call);
    expect(denialIn(rig.confirm(put.tokenSha256)).code).toBe('premium_budget');
    expect(paid(rig)).toBeLessThanOrEqual(1_000);
  });

  it('holds for a replacement, without the order that it takes the place of', () => {
    const rig = lottoRig();
    rig.size = 0;
    const { tokenSha256 } = rig.preview({ ...LOTTO, quantity: 3 });
    rig.send({ kind: 'confirm', tokenSha256 });
    rig.advance(2);
    const orderId = rig.orders()[0]?.intent.intentId ?? '';
    const replace = (limit: number) =>
      rig.ask({ kind: 'previewReplace', orderId, limit, tokenSha256: rig.newToken() });
    expect('value' in replace(-0.03)).toBe(true);
    rig.quotes(600.8);
    rig.advance(1);
    expect(denialIn(replace(-9)).code).toBe('premium_budget');
  });

  it('counts what is promised while an order works, and what was paid once it has ended', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5, limits: { lottoBudgetCents: cents(2_000) } });
    const { card, tokenSha256 } = rig.preview({ ...LOTTO, quantity: 2 });
    const promised = Math.round(-card.worstPrice * 20_000);
    valueIn(rig.confirm(tokenSha256));
    const { code, numbers } = denialIn(preview(rig, { ...LOTTO, quantity: 9 }));
    expect([code, numbers['spentCents']]).toEqual(['premium_budget', promised]);
  });

  it('has room again for what was cancelled', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5, limits: { lottoBudgetCents: cents(2_000) } });
    const { tokenSha256 } = rig.preview({ ...LOTTO, quantity: 2 });
    const id = rig.send({ kind: 'confirm', tokenSha256 });
    const [order] = rig.orders();
    const orderId = order?.intent.intentId ?? '';
    rig.ask({ kind: 'cancel', orderId, tokenSha256: rig.newToken() });
    rig.size = 0;
    rig.advance(1);
    expect(rig.reply(id)).toMatchObject({ value: { status: 'cancelled' } });
    rig.size = 50;
    rig.advance(1);
    expect(denialIn(preview(rig, { ...LOTTO, quantity: 9 })).numbers['spentCents']).toBe(0);
  });
});
