import { describe, expect, it } from 'vitest';
import { MOST_ALERTS, MOST_ALERTS_PER_PRINCIPAL } from '../../../src/desk/alerts/alert-book.ts';
import type { AlertRequest, AlertView } from '../../../src/desk/engine-api-plan.ts';
import { cents, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { TRADER_ALERT } from '../../../src/ops/alert-channel.ts';
import { callSideCosts } from '../../support/condor-costs.ts';
import { DeskRig, denialIn, TRADER, valueIn } from '../../support/desk-rig.ts';

function set(rig: DeskRig, request: AlertRequest): AlertView {
  return valueIn(rig.ask<AlertView>({ kind: 'setAlert', request }));
}

function fired(rig: DeskRig): readonly string[] {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && effect.code === TRADER_ALERT ? [effect.text] : [],
  );
}

function listed(rig: DeskRig): readonly AlertView[] {
  return rig.query<{ alerts: AlertView[] }>({ kind: 'alerts' }).alerts;
}

/** How often subscribers heard that the list is another. */
function changes(rig: DeskRig): number {
  return rig.effects.filter((e) => e.kind === 'publish' && e.event.kind === 'alerts').length;
}

const ABOVE_601: AlertRequest = { on: 'spot', direction: 'above', level: 601 };

describe('an alert', () => {
  it('is refused once its session is over, and belongs to the next one from 17:30 on', () => {
    const rig = new DeskRig({ date: '2026-11-27', minutes: 11 * 60 });
    rig.goTo(13 * 60 + 30);
    const refused = denialIn(rig.ask({ kind: 'setAlert', request: ABOVE_601 }));
    expect(refused).toMatchObject({ code: 'session_window', numbers: { session: '2026-11-27' } });
    expect(listed(rig)).toEqual([]);
    rig.goTo(17 * 60 + 30);
    expect(set(rig, ABOVE_601)).toMatchObject({ alertId: 'a20261130-001', state: 'armed' });
  });

  it('that ends with its session is told to subscribers as gone', () => {
    const rig = new DeskRig();
    set(rig, ABOVE_601);
    rig.goTo(16 * 60 + 15);
    const before = changes(rig);
    rig.goTo(17 * 60 + 30);
    expect([listed(rig), changes(rig)]).toEqual([[], before + 1]);
    rig.goTo(17 * 60 + 30, '2026-11-23');
    expect(changes(rig)).toBe(before + 1);
  });

  it('fires on the tick that reaches its level, once', () => {
    const rig = new DeskRig();
    set(rig, ABOVE_601);
    rig.quotes(600.99);
    expect(fired(rig)).toEqual([]);
    rig.quotes(601);
    rig.quotes(602);
    rig.quotes(600);
    rig.quotes(602);
    expect(fired(rig)).toEqual(['the underlying is at 601.00 (asked for: above 601)']);
    expect(rig.bodies('alertFired')).toEqual([
      { kind: 'alertFired', alertId: 'a20261120-001', value: 601 },
    ]);
  });

  it('that asks for it is armed again once the value is back by its distance', () => {
    const rig = new DeskRig();
    set(rig, { ...ABOVE_601, rearmBy: 0.5 });
    for (const spot of [601, 600.6, 601, 600.5, 601]) rig.quotes(spot);
    expect(fired(rig)).toHaveLength(2);
  });

  it('that is armed again is told to subscribers', () => {
    const rig = new DeskRig();
    set(rig, { ...ABOVE_601, rearmBy: 0.5 });
    rig.quotes(601);
    const before = changes(rig);
    rig.quotes(600.5);
    expect([listed(rig)[0]?.state, changes(rig)]).toEqual(['armed', before + 1]);
  });

  it.each([
    ['wide', 450, 680],
    ['crossed', 590, 500],
  ])('is not spent by a %s quote of the evening, at which nobody would trade', (_, bid, ask) => {
    const rig = new DeskRig();
    rig.goTo(17 * 60 + 35);
    rig.step({ kind: 'listing', at: rig.at, listing: rig.listing() });
    rig.quotes(600);
    set(rig, { on: 'spot', direction: 'below', level: 590 });
    const prices = { bid: priceFromDollars(bid), ask: priceFromDollars(ask) };
    rig.step({ kind: 'quote', at: rig.at, index: -1, ...prices, bidSize: 1, askSize: 1 });
    rig.step({ kind: 'batchEnd', at: rig.at });
    expect(listed(rig)).toMatchObject([{ state: 'armed', value: null }]);
    rig.goTo(10 * 60, '2026-11-23');
    rig.quotes(589);
    rig.quotes(588);
    expect(fired(rig)).toEqual(['the underlying is at 589.00 (asked for: below 590)']);
  });

  it('of the straddle knows nothing until the opening auction is over, nor after the mark', () => {
    const rig = new DeskRig({ minutes: 9 * 60 + 30 });
    const { value } = set(rig, { on: 'straddle', direction: 'above', level: 1 });
    expect([value, fired(rig)]).toEqual([null, []]);
    rig.goTo(9 * 60 + 31);
    expect(fired(rig)).toHaveLength(1);
    rig.goTo(16 * 60);
    expect(listed(rig)).toMatchObject([{ value: null }]);
  });

  it('below a level fires from above it', () => {
    const rig = new DeskRig();
    set(rig, { on: 'spot', direction: 'below', level: 599, note: 'support' });
    rig.quotes(598.9);
    expect(fired(rig)).toEqual(['support: the underlying is at 598.90 (asked for: below 599)']);
  });

  it('whose condition holds already fires as it is set', () => {
    const rig = new DeskRig();
    expect(set(rig, { ...ABOVE_601, level: 599 }).state).toBe('fired');
    expect(fired(rig)).toHaveLength(1);
  });

  it('is told to subscribers as it is set, and as it fires, without a page', () => {
    const rig = new DeskRig();
    set(rig, ABOVE_601);
    rig.quotes(601);
    const alert = rig.effects.find(
      (effect) => effect.kind === 'alert' && effect.code === TRADER_ALERT,
    );
    expect(alert).toMatchObject({ severity: 'info', subject: 'a20261120-001' });
    expect(changes(rig)).toBe(1);
  });

  it('looks at the largest short delta, the P&L, the straddle and the time', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const values = Object.fromEntries(
      (['short_delta', 'pnl', 'straddle', 'minutes_to_cutoff'] as const).map((on) => [
        on,
        set(rig, { on, direction: 'above', level: 100_000 }).value ?? Number.NaN,
      ]),
    );
    expect(values['short_delta']).toBeGreaterThan(20);
    expect(values['short_delta']).toBeLessThan(40);
    expect(values['pnl']).toBeLessThan(0);
    expect(values['straddle']).toBeGreaterThan(50);
    expect(values['minutes_to_cutoff']).toBeCloseTo(15 * 60 + 25 - 630, -1);
    set(rig, { on: 'short_delta', direction: 'above', level: 45, positionId });
    set(rig, { on: 'pnl', direction: 'below', level: -40, positionId });
    rig.quotes(602);
    expect(fired(rig)).toHaveLength(2);
  });

  it('takes the larger delta of the shorts, whichever side it is on', () => {
    for (const spot of [598, 602]) {
      const rig = new DeskRig();
      rig.openPosition();
      rig.quotes(spot);
      const { value } = set(rig, { on: 'short_delta', direction: 'above', level: 99 });
      expect(value).toBeGreaterThan(45);
    }
  });

  it('takes for the P&L of the one position what the day has made', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const ask = { on: 'pnl', direction: 'below', level: -100_000 } as const;
    const [ofDay, ofPosition] = [set(rig, ask), set(rig, { ...ask, positionId })];
    expect(ofPosition.value).toBeLessThan(0);
    expect(Math.abs((ofPosition.value ?? 0) - (ofDay.value ?? 0))).toBeLessThan(10);
  });

  it('of a P&L counts what a side of the position that is gone has cost', () => {
    const rig = new DeskRig({ limits: { maxDailyLossCents: cents(900_000) } });
    const { positionId } = rig.openPosition();
    callSideCosts(rig, 2.6);
    rig.advance(15);
    expect(rig.positions()).toMatchObject([{ positionId, legs: [{}, {}] }]);
    const ask = { on: 'pnl', direction: 'below', level: -150 } as const;
    const [ofDay, ofPosition] = [set(rig, ask), set(rig, { ...ask, positionId })];
    expect(ofPosition.state).toBe('fired');
    expect(ofPosition.value).toBeCloseTo(ofDay.value ?? 0, 5);
    const short = rig.positions()[0]?.legs.find(({ quantity }) => quantity < 0)?.instrument;
    const at = short?.kind === 'option' ? short.strike / 10_000 : 0;
    rig.edit = ({ bid, ask = 0 }, right, strike) =>
      right === 'put' && strike === at ? { bid, ask: ask + 1 } : { bid, ask };
    rig.quotes(600);
    expect(set(rig, { ...ask, positionId })).toMatchObject({ state: 'fired', value: null });
  });

  it('knows no P&L while a leg is quoted too wide to be believed', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.edit = () => ({ bid: 0.1, ask: 3 });
    rig.quotes(600);
    const ask = { on: 'pnl', direction: 'below', level: -20, positionId } as const;
    expect(set(rig, ask).value).toBeNull();
    expect(fired(rig)).toEqual([]);
  });

  it.each(['position', 'day'] as const)(
    'fires on a loss of the %s that is one at best, however wide a leg is quoted',
    (what) => {
      const rig = new DeskRig();
      const { positionId } = rig.openPosition();
      const of = what === 'day' ? {} : { positionId };
      set(rig, { on: 'pnl', direction: 'below', level: -200, rearmBy: 50, ...of });
      set(rig, { on: 'pnl', direction: 'above', level: -490, rearmBy: 50, ...of });
      const firedBefore = fired(rig).length;
      rig.edit = (sides, right, strike) =>
        right === 'call' && strike === 606 ? { bid: 0.01, ask: (sides.ask ?? 0) + 1 } : sides;
      rig.quotes(610);
      expect(fired(rig)).toHaveLength(firedBefore + 1);
      expect(fired(rig).at(-1)).toContain('below -200');
      rig.edit = (_sides, right, strike) =>
        right === 'call' && strike === 606 ? { bid: 0.01, ask: 30 } : { bid: 0.01, ask: 0.02 };
      rig.quotes(600);
      expect(listed(rig).map(({ state }) => state)).toEqual(['fired', 'fired']);
    },
  );

  it('does not fire on what is not known', () => {
    const rig = new DeskRig();
    expect(set(rig, { on: 'short_delta', direction: 'below', level: 50 }).value).toBeNull();
    rig.advance(2);
    expect(fired(rig)).toEqual([]);
  });

  it('stands after a restart as it stood: armed, or fired already', () => {
    const rig = new DeskRig();
    set(rig, ABOVE_601);
    set(rig, { ...ABOVE_601, level: 605 });
    rig.quotes(601.5);
    const again = rig.restart();
    expect(listed(again).map(({ state }) => state)).toEqual(['fired', 'armed']);
    again.quotes(606);
    expect(fired(again)).toHaveLength(1);
    expect(set(again, ABOVE_601).alertId).toBe('a20261120-003');
  });

  it('that was armed again before a restart fires after it too', () => {
    const rig = new DeskRig();
    set(rig, { ...ABOVE_601, rearmBy: 1 });
    for (const spot of [601, 600, 600.4]) rig.quotes(spot);
    const again = rig.restart();
    expect(fired(again)).toEqual([]);
    again.quotes(601);
    again.quotes(601.2);
    expect(fired(again)).toHaveLength(1);
  });

  it('that had not come back before a restart does not fire as it starts', () => {
    const rig = new DeskRig();
    set(rig, { ...ABOVE_601, rearmBy: 1 });
    rig.quotes(601.5);
    const again = rig.restart();
    again.quotes(601.6);
    expect(fired(again)).toEqual([]);
    expect(listed(again).map(({ state }) => state)).toEqual(['fired']);
  });

  it('is cleared by its id, and ends with the session', () => {
    const rig = new DeskRig();
    const { alertId } = set(rig, ABOVE_601);
    set(rig, { ...ABOVE_601, level: 700 });
    valueIn(rig.ask({ kind: 'clearAlert', alertId }));
    expect(denialIn(rig.ask({ kind: 'clearAlert', alertId })).code).toBe('not_found');
    rig.quotes(602);
    expect(fired(rig)).toEqual([]);
    expect(listed(rig.restart()).map(({ level }) => level)).toEqual([700]);
    rig.goTo(17 * 60 + 30);
    expect(listed(rig)).toEqual([]);
  });

  it('is refused beyond the most, and for a position that is not there', () => {
    const rig = new DeskRig();
    const ask = (request: AlertRequest) => rig.ask({ kind: 'setAlert', request });
    expect(denialIn(ask({ ...ABOVE_601, positionId: 'nowhere' })).code).toBe('not_found');
    const setAs = (principal: string, level: number) =>
      rig.ask({ kind: 'setAlert', request: { ...ABOVE_601, level } }, { ...TRADER, principal });
    for (let i = 0; i < MOST_ALERTS; i += 1) valueIn(setAs(`client ${i % 3}`, 700 + i));
    expect(denialIn(ask(ABOVE_601)).code).toBe('argument_invalid');
  });

  it('leaves room for those of other clients, and is cleared by its own alone', () => {
    const rig = new DeskRig();
    const other = { ...TRADER, principal: 'other' };
    const request = { ...ABOVE_601, level: 700 };
    for (let i = 0; i < MOST_ALERTS_PER_PRINCIPAL; i += 1) set(rig, request);
    expect(denialIn(rig.ask({ kind: 'setAlert', request }))).toMatchObject({
      code: 'argument_invalid',
      numbers: { alerts: MOST_ALERTS_PER_PRINCIPAL },
    });
    const { alertId } = valueIn(rig.ask<AlertView>({ kind: 'setAlert', request }, other));
    expect(denialIn(rig.ask({ kind: 'clearAlert', alertId })).code).toBe('not_authorized');
    expect(rig.bodies('alertCleared')).toEqual([]);
    valueIn(rig.ask({ kind: 'clearAlert', alertId }, other));
    expect(listed(rig)).toHaveLength(MOST_ALERTS_PER_PRINCIPAL);
  });
});
