import { describe, expect, it } from 'vitest';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import type { LimitSettings } from '../../../src/risk/limits.ts';
import { CONDOR, DeskRig, denialIn, TRADER } from '../../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 2 };

describe('the card of a condor', () => {
  const { card } = new DeskRig().preview();

  it('shows each leg as on an order ticket', () => {
    expect(
      card.legs.map(({ action, right, strike, bid, ask, quantity }) => [
        action,
        right,
        strike,
        bid,
        ask,
        quantity,
      ]),
    ).toEqual([
      ['Buy to Open', 'put', 594, 0.01, 0.03, 1],
      ['Sell to Open', 'put', 599, 0.67, 0.7, 1],
      ['Sell to Open', 'call', 601, 0.65, 0.68, 1],
      ['Buy to Open', 'call', 606, 0.01, 0.02, 1],
    ]);
    expect(card.legs.every(({ ageMs }) => ageMs === 0)).toBe(true);
  });

  it('prices it from mid through the limit to natural', () => {
    // Mid 0.685 + 0.665 - 0.02 - 0.015, natural 0.67 + 0.65 - 0.03 - 0.02.
    expect(card.expectedFill).toEqual({ price: 1.2925, mid: 1.315, natural: 1.27 });
    expect([card.limitPrice, card.worstPrice, card.netCents]).toEqual([1.31, 1.27, 13_100]);
  });

  it('expects no fill beyond the worst price that it names', () => {
    const wide = new DeskRig();
    wide.edit = ({ bid = 0, ask = 0 }) => ({ bid: Math.max(0.01, bid - 0.02), ask: ask + 0.02 });
    wide.quotes();
    const { expectedFill, worstPrice } = wide.preview({ ...CONDOR, width: 2, shortDelta: 20 }).card;
    expect(expectedFill.price).toBe(worstPrice);
    expect(expectedFill.natural).toBeLessThan(worstPrice);
  });

  it('reckons fees a leg, and the worst and the best at the worst price, fees included', () => {
    // A leg: $1 commission, 10 cents clearing, 2.3 cents regulatory (a third of a cent on sales).
    expect(card.feesCents).toBe(4 * 113);
    // And five dollars for each of the two legs of a side that are exercised and assigned there.
    expect(card.maxLossCents).toBe(50_000 - 12_700 + 452 + 2 * 500);
    expect(card.maxProfitCents).toBe(12_700 - 452);
    expect(card.breakevens).toEqual([599 - 1.27 + 0.0452, 601 + 1.27 - 0.0452]);
    expect(card.marginCents).toBe(50_000);
  });

  it('adds up the greeks of its legs', () => {
    const signs = card.legs.map(({ action }) => (action.startsWith('Buy') ? 100 : -100));
    const delta = card.legs.reduce((sum, leg, i) => sum + (leg.delta ?? 0) * (signs[i] ?? 0), 0);
    expect(card.greeks?.delta).toBeCloseTo(delta, 9);
    expect(card.greeks?.gamma).toBeLessThan(0);
    expect(card.greeks?.thetaCentsPerDay).toBeGreaterThan(0);
  });

  it('tells the way out, and every check that ran', () => {
    expect(card.exitPlan).toEqual({
      stop: 'either side closes when it alone costs 1.31',
      target: null,
      timeExit: '2026-11-20T15:40:00.000-05:00',
      // Both sides stopped at 1.31 for the least credit of 1.27, and fees of $4.52 in and $0.52 out.
      plannedLossCents: 2 * 13_100 - 12_700 + 452 + 52,
    });
    expect(card.checks.length).toBeGreaterThan(20);
    const unasked = card.checks.filter(({ outcome }) => outcome !== 'passed');
    expect(unasked.map(({ code, outcome }) => [code, outcome])).toEqual([
      ['second_source', 'notRun'],
    ]);
    expect(card.probabilityOfProfit).toBeGreaterThan(0.5);
    expect(card.probabilityOfProfit).toBeLessThan(0.75);
  });

  it('holds no token: only the face knows that', () => {
    expect(card.confirmToken).toBe('');
  });
});

describe('the card of a condor whose credit is more than half its width', () => {
  const NARROW = { ...CONDOR, width: 1 } as const;
  const BOTH_STOPPED = /both sides stopped one after the other/;

  it('has both sides stopped for its worst case, fees of both ways included, and says so', () => {
    const { card } = new DeskRig().preview(NARROW);
    const atExpiry = 10_000 - Math.round(card.worstPrice * 10_000) + card.feesCents + 2 * 500;
    expect(card.maxLossCents).toBeGreaterThan(atExpiry);
    expect(card.maxLossCents).toBe(card.exitPlan?.plannedLossCents);
    expect(card.warnings).toEqual([expect.stringMatching(BOTH_STOPPED)]);
  });

  it('keeps to its worst end where it is stopped whole', () => {
    const { card } = new DeskRig({ exits: { condorStop: 'whole' } }).preview(NARROW);
    const atExpiry = 10_000 - Math.round(card.worstPrice * 10_000) + card.feesCents + 2 * 500;
    expect(card.maxLossCents).toBe(atExpiry);
    expect(card.warnings).toEqual([]);
  });

  it('is refused by every limit that its stops could pass', () => {
    const { maxLossCents } = new DeskRig().preview(NARROW).card;
    const limit = cents(maxLossCents - 1);
    const refusal = (limits: LimitSettings, caller = TRADER): unknown => {
      const rig = new DeskRig({ limits });
      const tokenSha256 = rig.newToken();
      return denialIn(rig.ask({ kind: 'previewStrategy', request: NARROW, tokenSha256 }, caller));
    };
    expect(refusal({ maxTradeLossCents: limit })).toMatchObject({ code: 'max_trade_loss' });
    expect(refusal({ maxOpenRiskCents: limit })).toMatchObject({ code: 'open_risk' });
    const openUpToCents = limit;
    expect(refusal({}, { ...TRADER, openUpToCents })).toMatchObject({ code: 'principal_budget' });
  });
});

describe('the card of two straddles', () => {
  const { card } = new DeskRig().preview(STRADDLE);

  it('can lose what it costs and fees, that of its exercise too, and win without end', () => {
    const worst = Math.round(-card.worstPrice * 20_000);
    const exerciseCents = 500;
    expect(card.maxLossCents).toBe(worst + card.feesCents + exerciseCents);
    expect(card.maxProfitCents).toBeNull();
    expect(card.netCents).toBe(Math.round(card.limitPrice * 20_000));
  });

  it('leaves at half the premium or at twice', () => {
    const paid = -card.limitPrice;
    expect(card.exitPlan?.stop).toBe(
      `closes when it is worth no more than ${(Math.ceil(paid * 50) / 100).toFixed(2)}`,
    );
    expect(card.exitPlan?.target).toBe(`sells at ${(paid * 2).toFixed(2)}`);
  });
});

describe('a warning on a card', () => {
  it('says when the bare worst case exceeds what the day has left', () => {
    const tight = { maxDailyLossCents: cents(38_751) };
    const [warning] = new DeskRig({ limits: tight }).preview().card.warnings;
    expect(warning).toContain('the bare worst case of $387.52 of everything open');
    expect(warning).toContain('exceeds the $387.51');
    const enough = { maxDailyLossCents: cents(38_752) };
    expect(new DeskRig({ limits: enough }).preview().card.warnings).toEqual([]);
  });

  it('counts what is held, as the check of the daily loss does', () => {
    const rig = new DeskRig({ limits: { maxDailyLossCents: cents(40_000) } });
    rig.openPosition({ ...CONDOR, width: 3 });
    rig.advance(11);
    const { card } = rig.preview({ ...CONDOR, width: 4 });
    const numbers = card.checks.find(({ code }) => code === 'daily_loss')?.numbers;
    expect(numbers?.['bareWorstCaseExceedsRoom']).toBe(true);
    expect(card.warnings).toHaveLength(1);
  });
});

describe("the feed's own greeks", () => {
  function feedGreeks(rig: DeskRig, delta: number): void {
    for (let index = 0; index < 122; index += 1) {
      rig.step({ kind: 'feedGreeks', at: rig.at, index, delta, impliedVol: 3 });
    }
    rig.quotes();
  }

  it.each([CONDOR, STRADDLE])('change nothing of a preview: $strategy', (request) => {
    const [plain, offset] = [new DeskRig(), new DeskRig()];
    feedGreeks(offset, 0.99);
    expect(offset.preview(request).card).toEqual(plain.preview(request).card);
  });

  it('change nothing of what is sent, filled and stopped', () => {
    const lives = [undefined, -0.99].map((delta) => {
      const rig = new DeskRig();
      if (delta !== undefined) feedGreeks(rig, delta);
      else rig.quotes();
      rig.openPosition();
      if (delta !== undefined) feedGreeks(rig, -delta);
      rig.quotes(602.5);
      rig.advance(5);
      return { events: rig.brokerEvents, causes: rig.bodies('exitTriggered') };
    });
    expect(lives[0]?.causes).toHaveLength(1);
    expect(lives[1]).toEqual(lives[0]);
  });
});
