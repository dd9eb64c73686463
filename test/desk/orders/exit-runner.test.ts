import { describe, expect, it } from 'vitest';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import type { Input } from '../../../src/desk/inputs.ts';
import type { OrderRecord } from '../../../src/desk/orders/order-book.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol, occSymbol } from '../../../src/engine/domain/instrument.ts';
import type { ChainListing } from '../../../src/engine/domain/market.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { cents, price, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { callSideCosts } from '../../support/condor-costs.ts';
import { CONDOR, DeskRig, LOTTO, type Sides, valueIn } from '../../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };
const WIDE_ENOUGH = { maxDailyLossCents: cents(100_000) };

/** Rights that are still held. */
function rightsHeld(rig: DeskRig): string[] {
  const legs = rig.positions().flatMap((position) => position.legs);
  const rights = legs.map(({ instrument }) =>
    instrument.kind === 'option' ? instrument.right : 'shares',
  );
  return [...new Set(rights)];
}

function triggers(rig: DeskRig): string[] {
  return rig.bodies('exitTriggered').map(({ reason }) => reason);
}

/** What was told of exits that were ordered, with what it did to which incident. */
function exitIncidents({ effects }: DeskRig): readonly string[] {
  return effects.flatMap((effect) => {
    const isOurs = effect.kind === 'alert' && effect.code === 'EXIT_TRIGGERED';
    return isOurs ? [`${effect.action} ${effect.subject}`] : [];
  });
}

/** What was told of exits that cannot be ordered, with what it did to the incident. */
function refusals({ effects }: DeskRig): readonly string[] {
  return effects.flatMap((effect) => {
    return effect.kind === 'alert' && effect.code === 'EXIT_REFUSED' ? [effect.action] : [];
  });
}

/** A put spread at a ratio, sent and working, of which nothing has been told yet. */
function working(rig: DeskRig): OrderRecord {
  const leg = (action: 'buyToOpen' | 'sellToOpen', dollars: number, ratio: number) => {
    const strike = priceFromDollars(dollars);
    const expiry = sessionDate('2026-11-20');
    const symbol = occSymbol({ kind: 'option', root: 'SPY', expiry, right: 'put', strike });
    return { symbol, action, ratio } as const;
  };
  rig.size = 0;
  rig.quotes();
  const legs = [leg('buyToOpen', 598, 2), leg('sellToOpen', 599, 1)];
  const tokenSha256 = rig.newToken();
  const command = { kind: 'previewOrder', request: { legs, quantity: 1 }, tokenSha256 } as const;
  valueIn(rig.ask<TradeCard>(command));
  const { orderId } = valueIn(rig.confirm(tokenSha256));
  rig.advance(1);
  return rig.order(orderId ?? '');
}

/** The broker tells the fill of one leg. */
function tellFill(rig: DeskRig, { intent }: OrderRecord, leg: OrderLeg | undefined): void {
  if (leg === undefined) throw new Error('there is no such leg');
  const { instrument, action, ratio } = leg;
  const { intentId } = intent;
  const told = { fillId: `${intentId}-${action}`, intentId, instrument, action, quantity: ratio };
  const { market: marketAt } = rig.at;
  const fill = { ...told, price: price(10_000), feesCents: cents(0), marketAt };
  rig.brokerSays({ kind: 'fill', fill });
}

/** A feed that sends nothing any more of a contract: nothing about it changes. */
class QuietRig extends DeskRig {
  quiet: string | undefined;
  #listed: readonly OptionContract[] = [];

  override listing(): ChainListing {
    const listing = super.listing();
    this.#listed = listing.contracts;
    return listing;
  }

  override step(input: Input): void {
    if (this.quiet === undefined || input.kind !== 'quote') {
      super.step(input);
      return;
    }
    const contract = this.#listed[input.index];
    if (contract === undefined || occSymbol(contract) !== this.quiet) super.step(input);
  }
}

describe('a wing about which nothing comes for minutes', () => {
  it('does not keep the stop of its short from firing', () => {
    const rig = new QuietRig({ isOpen: false });
    rig.open();
    const { legs } = rig.openPosition();
    const wing = legs.find(({ instrument, quantity }) => {
      return instrument.kind === 'option' && instrument.right === 'call' && quantity > 0;
    });
    rig.quiet = instrumentSymbol(wing!.instrument);
    rig.advance(120);
    expect(triggers(rig)).toEqual([]);
    rig.quotes(604.5);
    rig.advance(12);
    expect(triggers(rig)).toEqual(['callSideStop']);
  });
});

describe('a leg whose last quote says nothing', () => {
  it.each([
    ['a crossed short', 601, ({ bid, ask }: Sides) => ({ bid: ask, ask: bid })],
    ['a crossed wing', 606, ({ bid, ask }: Sides) => ({ bid: ask, ask: bid })],
    ['a wing that nobody offers', 606, ({ bid }: Sides) => ({ bid, ask: undefined })],
  ] as const)('does not keep the stop of its side from firing: %s', (_what, odd, edit) => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.edit = (sides, right, strike) => (right === 'call' && strike === odd ? edit(sides) : sides);
    rig.advance(60);
    expect(triggers(rig)).toEqual([]);
    expect(rig.alerts()).toContain('LEG_UNMARKABLE');
    rig.quotes(604.5);
    rig.advance(12);
    expect(triggers(rig)).toEqual(['callSideStop']);
  });
});

describe('a leg that is quoted far bid above ask', () => {
  it.each([
    ['a short that may cost three dollars', 601],
    ['a wing that may bring two cents', 606],
  ])('is closed at the worse of its sides: %s', (_what, odd) => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.edit = (sides, right, strike) =>
      right === 'call' && strike === odd ? { bid: 3, ask: 0.02 } : sides;
    rig.spot = 603;
    rig.goTo(15 * 60 + 40);
    expect(triggers(rig)).toEqual(['flatBy']);
    expect(rig.alerts()).not.toContain('EXIT_REFUSED');
    expect(rig.orders().at(-1)?.limit).toBeLessThanOrEqual(priceFromDollars(-1.4));
  });
});

describe('an opening that is reported leg by leg', () => {
  it('is not left for what its first leg alone looks like', () => {
    const rig = new DeskRig();
    const order = working(rig);
    const [long, short] = order.intent.legs;
    expect(order.intent.exitPlan?.stop).toBeDefined();
    tellFill(rig, order, short);
    rig.quotes();
    rig.advance(2);
    expect(triggers(rig)).toEqual([]);
    tellFill(rig, order, long);
    rig.advance(3);
    expect(triggers(rig)).toEqual([]);
    expect(rig.submitted).toHaveLength(1);
  });

  it('is left once nobody can be reporting any more', () => {
    const rig = new DeskRig();
    const order = working(rig);
    tellFill(rig, order, order.intent.legs[1]);
    rig.advance(4);
    expect(triggers(rig)).toEqual(['stop']);
    expect(rig.alerts()).toContain('BROKEN_RATIO');
  });
});

describe('the stops of a condor', () => {
  it.each([
    [602.5, 'callSideStop', 'put'],
    [597.5, 'putSideStop', 'call'],
  ])('at %s close the side that broke and keep the other', (spot, reason, left) => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.quotes(spot);
    rig.advance(4);
    expect(triggers(rig)).toEqual([reason]);
    expect(rightsHeld(rig)).toEqual([left]);
    expect(rig.orders().at(-1)?.intent).toMatchObject({ purpose: 'exit', principal: 'engine' });
    expect(rig.alerts()).toContain('EXIT_TRIGGERED');
  });

  it('close both sides, one after the other, when both break', () => {
    const rig = new DeskRig({ limits: WIDE_ENOUGH });
    rig.openPosition();
    rig.quotes(603);
    rig.advance(4);
    rig.quotes(597);
    rig.advance(4);
    expect(triggers(rig)).toEqual(['callSideStop', 'putSideStop']);
    expect(rig.positions()).toEqual([]);
  });

  it('are an incident each, over once the position is gone, after a restart too', () => {
    const rig = new DeskRig({ limits: WIDE_ENOUGH });
    const { positionId } = rig.openPosition();
    rig.quotes(603);
    rig.advance(4);
    const callSide = `${positionId} callSideStop`;
    expect(exitIncidents(rig)).toEqual([`trigger ${callSide}`]);
    const again = rig.restart();
    for (const each of [rig, again]) {
      each.quotes(597);
      each.advance(4);
      expect(each.positions()).toEqual([]);
    }
    const putSide = `${positionId} putSideStop`;
    const rest = [`trigger ${putSide}`, `resolve ${callSide}`, `resolve ${putSide}`];
    expect(exitIncidents(rig)).toEqual([`trigger ${callSide}`, ...rest]);
    expect(exitIncidents(again)).toEqual(rest);
  });

  it('fire at a cost that holds for ten seconds, and not one second sooner', () => {
    const rig = new DeskRig();
    const stop = rig.openPosition().exitPlan?.sideStop?.debit ?? 0;
    expect(stop).toBe(12_700);
    callSideCosts(rig, 1.27);
    rig.advance(10);
    expect(triggers(rig)).toEqual([]);
    rig.advance(1);
    expect(triggers(rig)).toEqual(['callSideStop']);
    expect(rig.bodies('exitTriggered')[0]?.numbers).toMatchObject({
      closingDebitPrice: 1.27,
      stopPrice: 1.27,
      heldForMillis: 10_000,
    });
  });

  it('count on while their close works, so that one that the broker rejects waits for its pause alone', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.paper.setKnobs({ rejectNext: 1 });
    callSideCosts(rig, 1.27);
    rig.advance(11);
    expect(rig.submitted).toHaveLength(2);
    rig.advance(1);
    expect(rig.alerts()).toContain('CLOSE_REJECTED');
    rig.advance(6);
    expect(triggers(rig)).toEqual(['callSideStop', 'callSideStop']);
    expect(rig.submitted).toHaveLength(3);
    rig.advance(4);
    expect(rightsHeld(rig)).toEqual(['put']);
  });

  it('begin anew where the market came back while their close worked', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const calm = rig.edit;
    rig.paper.setKnobs({ leastLatencyMillis: 3_000, mostLatencyMillis: 3_000, rejectNext: 1 });
    callSideCosts(rig, 1.27);
    rig.advance(11);
    rig.edit = calm;
    rig.advance(2);
    callSideCosts(rig, 1.27);
    rig.advance(9);
    expect(rig.submitted).toHaveLength(2);
  });

  it('are deaf to one mistaken tick, however far it goes', () => {
    const rig = new DeskRig({ limits: { maxDailyLossCents: cents(15_000) } });
    rig.openPosition();
    const calm = rig.edit;
    for (let tick = 0; tick < 5; tick += 1) {
      callSideCosts(rig, 4);
      rig.advance(1);
      rig.edit = calm;
      rig.advance(1);
    }
    expect(triggers(rig)).toEqual([]);
    expect(rig.day.status.causes).toEqual([]);
  });

  it('fire two seconds after a jump that stays, where the underlying stands', () => {
    const rig = new DeskRig();
    rig.openPosition();
    callSideCosts(rig, 4);
    rig.advance(2);
    expect(triggers(rig)).toEqual([]);
    rig.advance(1);
    expect(triggers(rig)).toEqual(['callSideStop']);
  });

  it('fire in the same second where the underlying goes along', () => {
    const rig = new DeskRig();
    rig.openPosition();
    callSideCosts(rig, 4);
    rig.quotes(604);
    expect(triggers(rig)).toEqual(['callSideStop']);
  });

  it('fire in the same second where the price has passed the short, by a market of its own', () => {
    const rig = new DeskRig({ exits: { confirmation: 'patient' } });
    rig.openPosition();
    callSideCosts(rig, 1.28);
    rig.quotes(601);
    rig.advance(10);
    expect(triggers(rig)).toEqual([]);
    rig.hears = (row) => row !== -1;
    rig.quotes(601.02);
    expect(triggers(rig)).toEqual([]);
    rig.hears = () => true;
    rig.quotes();
    expect(triggers(rig)).toEqual(['callSideStop']);
  });

  it('never fire one cent below the stop', () => {
    const rig = new DeskRig();
    rig.openPosition();
    callSideCosts(rig, 1.26);
    rig.advance(60);
    expect(triggers(rig)).toEqual([]);
  });

  it('sit out a quote that is merely wide', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.edit = (sides, right, strike) =>
      right === 'call' && strike === 601 ? { bid: 0.6, ask: 4 } : sides;
    rig.advance(30);
    expect(triggers(rig)).toEqual([]);
  });
});

describe('other exits', () => {
  it('stop a straddle at half of what it cost', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition(STRADDLE);
    rig.atmVol = 0.07;
    rig.advance(15);
    expect(triggers(rig)).toEqual(['stop']);
    expect(rig.bodies('exitTriggered')[0]?.positionId).toBe(positionId);
    expect(rig.positions()).toEqual([]);
  });

  it('take the profit of a lotto at five times its premium', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.quotes(603);
    expect(triggers(rig)).toEqual(['target']);
    rig.advance(40);
    expect(rig.positions()).toEqual([]);
    expect(rig.desk.context.book.day().realizedCents).toBeGreaterThan(0);
  });

  it('leave a lotto that nobody bids for to expire', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.goTo(15 * 60 + 41);
    rig.advance(10);
    expect(triggers(rig)).toEqual([]);
    expect(rig.positions()).toHaveLength(1);
    expect(rig.alerts()).not.toContain('EXIT_REFUSED');
  });

  it.each([
    ['2026-11-20', 14 * 60, 15 * 60 + 40],
    ['2026-11-27', 11 * 60, 12 * 60 + 40],
  ])('close everything on %s by the schedule of that day', (date, minutes, flattenStart) => {
    const rig = new DeskRig({ date, minutes });
    rig.openPosition();
    rig.goTo(flattenStart - 1 / 60);
    expect(triggers(rig)).toEqual([]);
    rig.advance(1);
    expect(triggers(rig)).toEqual(['flatBy']);
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
  });

  it('obey a setting that makes the flatten start earlier', () => {
    const rig = new DeskRig({ minutes: 14 * 60, flatBy: { flattenStartMinutes: 14 * 60 + 30 } });
    rig.openPosition();
    rig.goTo(14 * 60 + 30);
    expect(triggers(rig)).toEqual(['flatBy']);
  });

  it('begin in time for a deadline that a setting makes earlier', () => {
    const rig = new DeskRig({ minutes: 14 * 60, flatBy: { flattenDeadlineMinutes: 15 * 60 } });
    rig.openPosition();
    rig.goTo(15 * 60 - 10 - 1 / 60);
    expect(triggers(rig)).toEqual([]);
    rig.advance(5);
    expect(triggers(rig)).toEqual(['flatBy']);
    expect(rig.positions()).toEqual([]);
    rig.goTo(15 * 60);
    expect(rig.alerts()).not.toContain('OPEN_PAST_DEADLINE');
  });
});

describe('an exit in trouble', () => {
  it('that finds no market is paged once for each position, and tried again until there is one', () => {
    const rig = new DeskRig({ minutes: 14 * 60, limits: { duplicateWindowMillis: 0 } });
    const positionIds = [rig.openPosition(), rig.openPosition()].map((p) => p.positionId);
    const shown = rig.edit;
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.goTo(15 * 60 + 40);
    rig.advance(30);
    const refused = rig.bodies('alert').filter(({ code }) => code === 'EXIT_REFUSED');
    expect(refused.map(({ subject }) => subject)).toEqual(positionIds);
    expect(triggers(rig)).toEqual([]);
    rig.edit = shown;
    rig.advance(10);
    expect(triggers(rig)).toEqual(['flatBy', 'flatBy']);
    expect(rig.positions()).toEqual([]);
  });

  it('that finds no market goes out with the first quotes that show one', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    const shown = rig.edit;
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.goTo(15 * 60 + 40);
    rig.advance(1);
    expect([rig.alerts().includes('EXIT_REFUSED'), triggers(rig)]).toEqual([true, []]);
    rig.edit = shown;
    rig.quotes();
    expect(triggers(rig)).toEqual(['flatBy']);
  });

  it('ends its page as it goes out, so that the next one that finds no market pages too', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    const shown = rig.edit;
    const isQuoted = (is: boolean): void => {
      rig.edit = is ? shown : () => ({ bid: undefined, ask: undefined });
    };
    isQuoted(false);
    rig.goTo(15 * 60 + 40);
    isQuoted(true);
    rig.size = 0;
    rig.advance(10);
    expect(refusals(rig)).toEqual(['trigger', 'resolve']);
    const [order] = rig.orders().filter(({ intent }) => intent.purpose === 'exit');
    isQuoted(false);
    const { intentId } = order!.intent;
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    rig.paper.cancel(intentId, rig.at);
    rig.advance(20);
    expect(refusals(rig)).toEqual(['trigger', 'resolve', 'trigger']);
  });

  it('that stays refused stays paged where what a trader asked for meanwhile is closed', () => {
    const limits = { ...WIDE_ENOUGH, maxTradeLossCents: cents(200_000) };
    const rig = new DeskRig({ minutes: 14 * 60, limits });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 2 });
    rig.edit = (sides, right) => (right === 'put' ? { bid: undefined, ask: undefined } : sides);
    rig.goTo(15 * 60 + 38);
    rig.size = 0;
    rig.quotes();
    const { tokenSha256 } = rig.previewClose(positionId, 1);
    const orderId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
    rig.goTo(15 * 60 + 40);
    rig.advance(20);
    expect(refusals(rig)).toEqual(['trigger']);
    rig.size = 50;
    rig.advance(30);
    expect(rig.order(orderId).status).toBe('filled');
    expect(rightsHeld(rig)).toEqual(['put']);
    expect(refusals(rig)).toEqual(['trigger']);
  });

  it('that the broker rejects is paged, and asked again after a pause', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    rig.paper.setKnobs({ rejectNext: 1 });
    rig.goTo(15 * 60 + 40);
    rig.advance(4);
    expect(rig.alerts().filter((code) => code === 'CLOSE_REJECTED')).toHaveLength(1);
    expect(rig.submitted).toHaveLength(2);
    rig.advance(6);
    expect(rig.submitted).toHaveLength(3);
    expect(rig.positions()).toEqual([]);
  });

  it('hurries a close that rests already instead of ordering twice', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.size = 0;
    rig.confirm(rig.previewClose(positionId).tokenSha256);
    const [close] = rig.orders().filter(({ intent }) => intent.purpose === 'close');
    expect(close?.urgency).toBe('normal');
    rig.goTo(15 * 60 + 40);
    expect(close?.urgency).toBe('fast');
    expect(triggers(rig)).toEqual([]);
    expect(rig.submitted).toHaveLength(2);
    rig.size = 50;
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
  });

  it('hurries the close of a part that rests while the rest is left', () => {
    const rig = new DeskRig({ limits: WIDE_ENOUGH });
    const { positionId } = rig.openPosition({ ...CONDOR, width: 2, quantity: 2 });
    rig.size = 0;
    rig.quotes();
    rig.confirm(rig.previewClose(positionId, 1).tokenSha256);
    const part = rig.orders().at(-1)!;
    const before = part.urgency;
    rig.quotes(603);
    rig.advance(3);
    const [rest] = rig.orders().filter(({ intent }) => intent.purpose === 'exit');
    expect([part.status, rest?.status]).toEqual(['working', 'working']);
    expect([before, part.urgency]).toEqual(['normal', rest?.urgency]);
  });

  it('closes a bought-back side no second time', () => {
    const rig = new DeskRig();
    rig.openPosition({ ...CONDOR, width: 3 });
    rig.quotes(602.5);
    rig.advance(30);
    expect(triggers(rig)).toEqual(['callSideStop']);
    expect(rig.submitted).toHaveLength(2);
  });
});

describe('a long that nobody bids for by the deadline', () => {
  it('is left to expire, which is told once, and is closed all the same when somebody bids', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.goTo(15 * 60 + 49);
    rig.advance(50);
    expect([triggers(rig), rig.alerts()]).toEqual([[], []]);
    rig.advance(30);
    expect(rig.alerts()).toEqual(['LEFT_TO_EXPIRE']);
    rig.edit = (sides) => sides;
    rig.advance(30);
    expect(rig.positions()).toEqual([]);
    expect(triggers(rig)).toEqual(['flatBy']);
  });

  it('is paged where it is in the money, for it would be exercised into shares', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.quotes(612);
    rig.goTo(15 * 60 + 40);
    expect(rig.alerts()).toContain('EXIT_REFUSED');
    rig.goTo(15 * 60 + 50);
    expect(rig.alerts()).toContain('OPEN_PAST_DEADLINE');
    expect(rig.alerts()).not.toContain('LEFT_TO_EXPIRE');
  });
});
