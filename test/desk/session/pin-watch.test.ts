import { describe, expect, it } from 'vitest';
import type { PnlView } from '../../../src/desk/engine-api.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import { cents, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { CONSOLE, DeskRig } from '../../support/desk-rig.ts';

function pins(rig: DeskRig) {
  return rig.query<PnlView>({ kind: 'pnl' }).positions.flatMap(({ pinRisks }) => pinRisks);
}

function told(rig: DeskRig, code: string): number {
  return rig.alerts().filter((alert) => alert === code).length;
}

/** What was told of pins, with what it did to the incident. */
function incidents(rig: DeskRig) {
  return rig.effects.flatMap((effect) => {
    if (effect.kind !== 'alert' || effect.code !== 'PIN_RISK') return [];
    const { severity, action, text, subject } = effect;
    return [{ severity, action, text, subject: subject ?? '' }];
  });
}

/** One quote of the underlying, and a look at the clock. */
function quoteUnderlying(rig: DeskRig, bid: number, ask: number): void {
  const sides = { bid: priceFromDollars(bid), ask: priceFromDollars(ask) };
  rig.step({ kind: 'quote', at: rig.at, index: -1, ...sides, bidSize: 50, askSize: 50 });
  rig.step({ kind: 'batchEnd', at: rig.at });
  rig.step({ kind: 'clock', at: rig.at });
}

/** A 594/599/601/606 condor of the morning, at a quiet 600 at that minute of the day. */
function condorAt(minutes: number, options: ConstructorParameters<typeof DeskRig>[0] = {}) {
  const rig = new DeskRig({ minutes: 14 * 60, ...options });
  rig.openPosition();
  rig.edit = (sides, right, strike) =>
    (right === 'call' ? strike > 600 : strike < 600) ? { bid: 0.1, ask: 0.12 } : sides;
  rig.goTo(minutes);
  return rig;
}

describe('the watch of short strikes', () => {
  it('begins at 15:00', () => {
    expect(pins(condorAt(15 * 60 - 1))).toEqual([]);
    expect(pins(condorAt(15 * 60))).toHaveLength(2);
  });

  it('tells how far the price is, what assignment brings and how long is left', () => {
    const rig = condorAt(15 * 60);
    const shorts = rig.positions()[0]?.legs.filter(({ quantity }) => quantity < 0) ?? [];
    const strikes = shorts.map(({ instrument }) =>
      instrument.kind === 'option' ? instrument.strike / 10_000 : 0,
    );
    const [put, call] = pins(rig).toSorted((a, b) => a.strike - b.strike);
    const [low = 0, high = 0] = strikes.toSorted((a, b) => a - b);
    expect(put).toMatchObject({
      right: 'put',
      distance: 600 - low,
      inTheMoney: false,
      sharesIfAssigned: 100,
      assignmentCents: -low * 10_000,
      secondsToCutoff: 75 * 60,
      exDividend: false,
    });
    expect(call).toMatchObject({
      right: 'call',
      distance: high - 600,
      sharesIfAssigned: -100,
      assignmentCents: high * 10_000,
    });
    expect(call?.distanceInDeviations).toBeGreaterThan(0);
  });

  it.each([
    ['its last trade, whatever the deadline of the day', 15 * 60 + 1, {}, 74],
    ['the same after that deadline', 15 * 60 + 51, {}, 24],
    [
      'the last order that it takes, where that comes sooner',
      15 * 60 + 21,
      { capabilities: { orderCutoffMinutes: 15 * 60 + 30 } },
      9,
    ],
  ])('counts to the cut-off of the broker: %s', (_what, minutes, options, left) => {
    const rig = new DeskRig({
      minutes: 14 * 60,
      flatBy: { flattenDeadlineMinutes: 14 * 60 + 30 },
      ...options,
    });
    rig.openPosition();
    rig.gateway.isMute = true;
    rig.edit = () => ({ bid: 0.1, ask: 0.12 });
    rig.goTo(minutes);
    expect(pins(rig).map(({ secondsToCutoff }) => secondsToCutoff)).toEqual([left * 60, left * 60]);
    expect(incidents(rig).map(({ text }) => text)[0]).toMatch(
      new RegExp(`; ${left * 60} s to the broker's cut-off$`),
    );
  });

  it('counts to the end of the day by the broker, where it says that it ends sooner', () => {
    const rig = condorAt(15 * 60);
    const closesAt = '2026-11-20T15:30:00-05:00';
    const rules = { session: null, opensAt: null, closesAt, stopsTradingAt: null, ticks: null };
    const { date } = rig.session;
    rig.step({ kind: 'brokerRules', at: rig.at, date, rules: { ...rules, isClosingOnly: null } });
    expect(pins(rig).map(({ secondsToCutoff }) => secondsToCutoff)).toEqual([45 * 60, 45 * 60]);
  });

  it('begins as much sooner as the broker says that the day ends, and so does the nickel buy-back', () => {
    const rig = condorAt(11 * 60, { minutes: 10 * 60 + 30, exits: { nickelBuyBack: true } });
    const said = { opensAt: null, closesAt: null, stopsTradingAt: null, ticks: null } as const;
    const rules = { session: 'half', ...said, isClosingOnly: null } as const;
    rig.step({ kind: 'brokerRules', at: rig.at, date: rig.session.date, rules });
    sideCosts(rig, 'put', 0.05);
    const reasons = () => rig.bodies('exitTriggered').map(({ reason }) => reason);
    rig.goTo(12 * 60 - 1);
    expect([pins(rig), reasons()]).toEqual([[], []]);
    rig.goTo(12 * 60);
    expect(pins(rig)).toHaveLength(2);
    expect(reasons()).toEqual(['nickel']);
  });

  it('stands in the warnings of the P&L, which the risk metrics show too', () => {
    const rig = condorAt(15 * 60);
    const { warnings } = rig.query<PnlView>({ kind: 'pnl' });
    expect(warnings).toHaveLength(2);
    expect(warnings.join(' ')).toMatch(/short \d+ put .* assignment brings 100 shares for \$\d+/);
  });

  it('tells once of each strike that the price is near to', () => {
    const rig = condorAt(15 * 60);
    rig.advance(30);
    expect(told(rig, 'PIN_RISK')).toBe(2);
  });

  it('tells of a strike again, as critical, once it is passed', () => {
    const rig = condorAt(15 * 60);
    rig.edit = () => ({ bid: 0.1, ask: 0.12 });
    const shorts = pins(rig).map(({ strike }) => strike);
    const call = Math.max(...shorts);
    for (const spot of [call + 3, call - 1, call + 3]) {
      rig.quotes(spot);
      rig.advance(5);
    }
    const ofCall = incidents(rig).filter(({ text }) => text.includes(`short ${call} call`));
    expect(ofCall.map(({ severity, action }) => [severity, action])).toEqual([
      ['warning', 'trigger'],
      ['critical', 'trigger'],
    ]);
    expect(ofCall[1]?.text).toContain('$3.00 in the money');
    expect(new Set(ofCall.map(({ subject }) => subject)).size).toBe(2);
  });

  it.each([
    ['wide', 590, 640],
    ['crossed', 640, 590],
  ])('tells nothing by one quote of the underlying that is %s', (_what, bid, ask) => {
    const rig = condorAt(15 * 60);
    rig.edit = () => ({ bid: 0.1, ask: 0.12 });
    const before = told(rig, 'PIN_RISK');
    quoteUnderlying(rig, bid, ask);
    expect(told(rig, 'PIN_RISK')).toBe(before);
    quoteUnderlying(rig, 614.99, 615.01);
    expect(incidents(rig).at(-1)).toMatchObject({ severity: 'critical', action: 'trigger' });
  });

  it('tells of each position that is short the same strike, and ends its incidents with it', () => {
    const rig = new DeskRig({ minutes: 14 * 60, limits: { duplicateWindowMillis: 0 } });
    const ids = [rig.openPosition().positionId, rig.openPosition().positionId];
    rig.edit = () => ({ bid: 0.1, ask: 0.12 });
    rig.goTo(15 * 60);
    rig.advance(5);
    const near = incidents(rig).map(({ text }) => text.split(':')[0]);
    expect(near.filter((id) => id === ids[0])).toHaveLength(2);
    expect(near.filter((id) => id === ids[1])).toHaveLength(2);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(30);
    expect(rig.positions()).toEqual([]);
    const ended = incidents(rig).filter(({ action }) => action === 'resolve');
    expect(ended.map(({ subject }) => subject).toSorted()).toEqual(
      incidents(rig)
        .filter(({ action }) => action === 'trigger')
        .map(({ subject }) => subject)
        .toSorted(),
    );
  });

  it('shows a strike that is passed with a sign', () => {
    const rig = condorAt(15 * 60);
    rig.edit = () => ({ bid: 0.1, ask: 0.12 });
    rig.quotes(602.5);
    const call = pins(rig).find(({ right }) => right === 'call');
    expect(call).toMatchObject({ inTheMoney: true });
    expect(call?.distance).toBeLessThan(0);
  });
});

describe('a short of another class', () => {
  it('is told nothing of by this price', () => {
    const rig = new DeskRig({ minutes: 15 * 60, exits: { exDividendDates: ['2026-11-23'] } });
    const expiry = rig.session.date;
    const strike = priceFromDollars(590);
    const fill: Fill = {
      fillId: 'theirs-1',
      intentId: 'somebody else',
      instrument: { kind: 'option', root: 'QQQ', expiry, right: 'call', strike },
      action: 'sellToOpen',
      quantity: 1,
      price: priceFromDollars(1),
      feesCents: cents(0),
      marketAt: rig.at.market,
    };
    rig.brokerSays({ kind: 'fill', fill });
    rig.advance(5);
    expect(rig.positions()).toHaveLength(1);
    expect(pins(rig)).toEqual([]);
    expect([told(rig, 'PIN_RISK'), told(rig, 'EX_DIVIDEND_CALL')]).toEqual([0, 0]);
  });
});

describe('the eve of an ex-dividend day', () => {
  const eve = { exits: { exDividendDates: ['2026-11-23'] } };

  it('pages a short call in the money once, and leaves it half an hour before the mark', () => {
    const rig = condorAt(14 * 60 + 30, eve);
    rig.edit = () => ({ bid: 0.1, ask: 0.12 });
    rig.advance(5);
    expect(told(rig, 'EX_DIVIDEND_CALL')).toBe(0);
    rig.quotes(602.5);
    rig.advance(5);
    expect(told(rig, 'EX_DIVIDEND_CALL')).toBe(1);
    expect(rig.bodies('exitTriggered')).toEqual([]);
    rig.goTo(15 * 60 + 30);
    expect(rig.bodies('exitTriggered').map(({ reason }) => reason)).toContain('exDividend');
    rig.advance(10);
    const ended = rig.effects.flatMap((effect) =>
      effect.kind === 'alert' && effect.code === 'EX_DIVIDEND_CALL' ? [effect] : [],
    );
    expect(ended.map(({ action }) => action)).toEqual(['trigger', 'resolve']);
    expect(new Set(ended.map(({ subject }) => subject)).size).toBe(1);
  });

  it('pages nobody by one quote of the underlying that is wide', () => {
    const rig = condorAt(14 * 60 + 30, eve);
    quoteUnderlying(rig, 590, 640);
    expect(told(rig, 'EX_DIVIDEND_CALL')).toBe(0);
    quoteUnderlying(rig, 614.99, 615.01);
    expect(told(rig, 'EX_DIVIDEND_CALL')).toBe(1);
  });

  it('is told of anew after a restart', () => {
    const rig = condorAt(14 * 60 + 30, eve);
    rig.edit = () => ({ bid: 0.1, ask: 0.12 });
    rig.quotes(602.5);
    rig.advance(5);
    const again = rig.restart();
    again.advance(5);
    const told = again.effects.flatMap((effect) =>
      effect.kind === 'alert' && effect.code === 'EX_DIVIDEND_CALL' ? [effect.action] : [],
    );
    expect(told).toEqual(['resolve', 'trigger']);
  });

  it('is not any other day', () => {
    const rig = condorAt(14 * 60 + 30, { exits: { exDividendDates: ['2026-12-18'] } });
    rig.edit = () => ({ bid: 0.1, ask: 0.12 });
    rig.quotes(602.5);
    rig.advance(5);
    expect(told(rig, 'EX_DIVIDEND_CALL')).toBe(0);
  });

  it('is not known once the list has run out, which is said once', () => {
    const rig = new DeskRig({ exits: { exDividendDates: ['2026-09-18'] } });
    rig.advance(5);
    expect(told(rig, 'EX_DIVIDENDS_RUN_OUT')).toBe(1);
    const known = new DeskRig({ exits: { exDividendDates: ['2026-12-18'] } });
    known.advance(5);
    expect(told(known, 'EX_DIVIDENDS_RUN_OUT')).toBe(0);
  });

  it('is not known of a fund without days, which is said, and an index has none', () => {
    for (const [underlying, times] of [
      ['QQQ', 1],
      ['SPX', 0],
    ] as const) {
      const rig = new DeskRig({ underlying });
      rig.advance(5);
      expect(told(rig, 'EX_DIVIDENDS_RUN_OUT')).toBe(times);
    }
  });
});
