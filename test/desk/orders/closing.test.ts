import { describe, expect, it } from 'vitest';
import type { ConfirmResult, OrderView, TradeCard } from '../../../src/desk/engine-api.ts';
import type { Instrument, OptionContract } from '../../../src/engine/domain/instrument.ts';
import type { LegAction } from '../../../src/engine/domain/order.ts';
import { cents, price, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import type { Sides } from '../../support/desk-rig.ts';
import {
  CONDOR,
  CONSOLE,
  DeskRig,
  denialIn,
  LOTTO,
  TRADER,
  valueIn,
} from '../../support/desk-rig.ts';

function cardFor(rig: DeskRig, tokenSha256: string) {
  return rig.ask<TradeCard>({ kind: 'previewFlatten', tokenSha256 });
}

function cancel(rig: DeskRig, orderId: string) {
  const tokenSha256 = rig.newToken();
  const reply = rig.ask<OrderView | TradeCard>({ kind: 'cancel', orderId, tokenSha256 });
  return { tokenSha256, value: valueIn(reply) };
}

function rightOf(instrument: Instrument): string {
  return instrument.kind === 'option' ? instrument.right : 'shares';
}

function call(strike: number): OptionContract {
  const expiry = sessionDate('2026-11-20');
  return { kind: 'option', root: 'SPY', expiry, right: 'call', strike: priceFromDollars(strike) };
}

function raise(what: string): never {
  throw new Error(what);
}

/** A close of the position that rests: the market is far from its limit. */
function restingClose(rig: DeskRig, positionId: string): string {
  const { tokenSha256 } = rig.previewClose(positionId);
  const { orderId } = valueIn(rig.confirm(tokenSha256));
  return orderId ?? '';
}

const withoutBid = ({ ask }: Sides): Sides => ({ bid: undefined, ask });

describe('a close', () => {
  it('is previewed from what is held, with the actions that close', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const { card } = rig.previewClose(positionId);
    expect(card).toMatchObject({ purpose: 'close', quantity: 1, maxLossCents: 0, breakevens: [] });
    expect(card.legs.map(({ action, strike }) => [action, strike])).toEqual([
      ['Buy to Close', 599],
      ['Buy to Close', 601],
      ['Sell to Close', 594],
      ['Sell to Close', 606],
    ]);
    expect(card.figures['entryNet']).toBe(1.27);
  });

  it('leaves the position flat, and its money realised', () => {
    const rig = new DeskRig();
    const { positionId, openCashCents } = rig.openPosition();
    const order = rig.execute(rig.previewClose(positionId));
    expect(order.status).toBe('filled');
    expect(rig.positions()).toEqual([]);
    const paid = order.fills.reduce(
      (sum, { action, price }) => sum + (action === 'sellToClose' ? price : 0 - price),
      0,
    );
    expect(rig.desk.context.book.day().realizedCents).toBe(openCashCents + paid);
  });

  it('is refused at its confirm where a short has come to light that it would leave bare', () => {
    const rig = new DeskRig();
    const { positionId, openingIntent } = rig.openPosition();
    const tellCall = (action: 'buyToOpen' | 'sellToOpen') => {
      const leg = openingIntent?.legs.find(
        (each) => each.action === action && rightOf(each.instrument) === 'call',
      );
      const intentId = openingIntent?.intentId ?? '';
      const { market: marketAt } = rig.at;
      const told = { fillId: `late ${action}`, intentId, action, quantity: 1, marketAt };
      const { instrument } = leg ?? raise(`the condor has no ${action}`);
      const fill = { ...told, instrument, price: price(5_000), feesCents: cents(0) };
      rig.brokerSays({ kind: 'fill', fill });
    };
    tellCall('buyToOpen');
    const { tokenSha256 } = rig.previewClose(positionId);
    tellCall('sellToOpen');
    const { code, message } = denialIn(rig.ask({ kind: 'confirm', tokenSha256 }));
    expect([code, message]).toEqual([
      'nothing_to_close',
      'the position changed since this preview; preview the close again',
    ]);
    expect(rig.submitted).toHaveLength(1);
  });

  it('names a position by the order that opened it too', () => {
    const rig = new DeskRig();
    const { openingIntent } = rig.openPosition();
    const { card } = rig.previewClose(openingIntent?.intentId ?? '');
    expect(card.purpose).toBe('close');
  });

  it('of a part leaves the rest', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition({ ...CONDOR, width: 3, quantity: 3 });
    rig.execute(rig.previewClose(positionId, 1));
    expect(rig.positions().map(({ quantity }) => quantity)).toEqual([2]);
    rig.execute(rig.previewClose(positionId, 2));
    expect(rig.positions()).toEqual([]);
  });

  it.each([0, -1, 1.5, 3])('of %s of two units is refused', (quantity) => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition({ ...CONDOR, width: 3, quantity: 2 });
    const tokenSha256 = rig.newToken();
    const command = { kind: 'previewClose', target: positionId, quantity, tokenSha256 } as const;
    const { code, numbers } = denialIn(rig.ask(command));
    expect([code, numbers]).toEqual(['tick_or_quantity', { asked: quantity, held: 2 }]);
  });

  it.each([
    ['buys back what is short, and nothing of what an older close may still sell', 3, 1],
    ['is refused where an older one takes all that others left of it', 1, undefined],
  ])('of what somebody else traded meanwhile %s', (_what, sold, bought) => {
    const rig = new DeskRig();
    const trade = (fillId: string, action: LegAction, quantity: number): void => {
      const { at } = rig;
      const leg = { instrument: call(604), action, quantity };
      const money = { price: price(5_000), feesCents: cents(0), marketAt: at.market };
      rig.brokerSays({ kind: 'fill', fill: { fillId, intentId: fillId, ...leg, ...money } });
    };
    trade('app-1', 'buyToOpen', 2);
    const [held] = rig.positions();
    const { positionId } = held!;
    rig.gateway.isMute = true;
    const { tokenSha256 } = rig.previewClose(positionId);
    const { orderId } = valueIn(rig.confirm(tokenSha256));
    rig.brokerSays({ kind: 'unknown', intentId: orderId ?? '', reason: 'no answer in time' });
    trade('app-2', 'sellToClose', sold);
    const about = { target: positionId, quantity: undefined, tokenSha256: rig.newToken() };
    const reply = rig.ask<TradeCard>({ kind: 'previewClose', ...about });
    if (bought === undefined) {
      expect(denialIn(reply).code).toBe('nothing_to_close');
    } else {
      const { legs, quantity } = valueIn(reply);
      expect(legs.map(({ action }) => [action, quantity])).toEqual([['Buy to Close', bought]]);
    }
  });

  it('beside another one closes as many units as it is asked for, and none that are taken', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 30 });
    const { positionId } = rig.openPosition({ ...LOTTO, quantity: 4 });
    rig.size = 0;
    rig.quotes();
    rig.confirm(rig.previewClose(positionId, 2).tokenSha256);
    const first = rig.orders().at(-1)?.intent.intentId;
    expect(rig.previewClose(positionId, 2).card.quantity).toBe(2);
    expect(rig.previewClose(positionId, 1).card.quantity).toBe(1);
    const tokenSha256 = rig.newToken();
    const command = { kind: 'previewClose', target: positionId, quantity: 3, tokenSha256 } as const;
    const { code, message } = denialIn(rig.ask(command));
    expect([code, message]).toEqual([
      'nothing_to_close',
      `not so many of the 4 units are free to close before the end of ${first}`,
    ]);
  });

  it('of nothing names what is open', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const tokenSha256 = rig.newToken();
    const command = {
      kind: 'previewClose',
      target: 'x',
      quantity: undefined,
      tokenSha256,
    } as const;
    const { code, message } = denialIn(rig.ask(command));
    expect(code).toBe('nothing_to_close');
    expect(message).toContain(positionId);
  });

  it('is refused while another close already takes all of it', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    restingClose(rig, positionId);
    const tokenSha256 = rig.newToken();
    const target = positionId;
    const command = { kind: 'previewClose', target, quantity: undefined, tokenSha256 } as const;
    const { code, message } = denialIn(rig.ask(command));
    expect(code).toBe('nothing_to_close');
    expect(message).toContain('flatten_all hurries such orders, and cancel_order calls one back');
  });

  it('confirmed second of two on the same units closes nothing twice', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const [a, b] = [rig.previewClose(positionId), rig.previewClose(positionId)];
    rig.send({ kind: 'confirm', tokenSha256: a.tokenSha256 });
    const { code, message } = denialIn(rig.confirm(b.tokenSha256));
    expect(code).toBe('nothing_to_close');
    expect(message).toContain('changed since this preview');
    rig.advance(20);
    expect(rig.positions()).toEqual([]);
  });

  it('waits with no market to close in, and says so', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.quotes();
    const tokenSha256 = rig.newToken();
    const target = positionId;
    const command = { kind: 'previewClose', target, quantity: undefined, tokenSha256 } as const;
    expect(denialIn(rig.ask(command)).code).toBe('leg_market_missing');
  });
});

describe('flatten', () => {
  it('previews every position and closes it with one token, whose retry shows the same orders', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.openPosition({ ...CONDOR, width: 3 });
    const tokenSha256 = rig.newToken();
    const card = valueIn(cardFor(rig, tokenSha256));
    expect(card).toMatchObject({ purpose: 'flatten', quantity: 2, figures: { orders: 2 } });
    const first = valueIn(rig.confirm(tokenSha256));
    expect(first.orders).toHaveLength(2);
    rig.advance(5);
    const second = valueIn(rig.confirm(tokenSha256));
    expect(second.orders.map(({ orderId }) => orderId)).toEqual(
      first.orders.map(({ orderId }) => orderId),
    );
    expect(second.orders.map(({ status }) => status)).toEqual(['filled', 'filled']);
  });

  it('cancels what would open', () => {
    const rig = new DeskRig();
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    const tokenSha256 = rig.newToken();
    expect(valueIn(cardFor(rig, tokenSha256)).reasons[0]).toContain('cancels 1 opening order');
    const { orders } = valueIn(rig.confirm(tokenSha256));
    expect(orders.map((order) => [order.orderId, order.status])).toEqual([[orderId, 'cancelled']]);
  });

  it('leaves a wing that nobody bids for to expire, and says so', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.edit = (sides, _right, strike) =>
      strike === 594 || strike === 606 ? withoutBid(sides) : sides;
    rig.quotes();
    const tokenSha256 = rig.newToken();
    const { warnings, legs } = valueIn(cardFor(rig, tokenSha256));
    expect(legs.map(({ strike }) => strike)).toEqual([599, 601]);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('left to expire');
    rig.confirm(tokenSha256);
    rig.advance(30);
    const left = rig.positions().flatMap((position) => position.legs);
    expect(left.map(({ quantity }) => quantity)).toEqual([1, 1]);
    expect(rig.alerts().filter((code) => code === 'FLATTEN_LEFT_OPEN')).toHaveLength(1);
    expect(rig.submitted).toHaveLength(2);
  });

  it('sells no wing while the shorts that it covers are only being bought back', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.edit = (sides, _right, strike) =>
      strike === 594 || strike === 606 ? withoutBid(sides) : sides;
    rig.size = 0;
    rig.quotes();
    restingClose(rig, positionId);
    expect(rig.orders().at(-1)?.intent.legs).toHaveLength(2);
    rig.edit = (sides) => sides;
    rig.quotes();
    const tokenSha256 = rig.newToken();
    const close = {
      kind: 'previewClose',
      target: positionId,
      quantity: undefined,
      tokenSha256,
    } as const;
    expect(denialIn(rig.ask(close)).code).toBe('nothing_to_close');
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(10);
    expect(rig.orders()).toHaveLength(2);
    rig.size = 50;
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
    const [, shorts, wings] = rig.orders();
    expect(shorts?.fills.map(({ action }) => action)).toEqual(['buyToClose', 'buyToClose']);
    expect(wings?.fills.map(({ action }) => action)).toEqual(['sellToClose', 'sellToClose']);
  });

  it('with nothing open says so', () => {
    const rig = new DeskRig();
    expect(denialIn(cardFor(rig, rig.newToken())).code).toBe('nothing_to_close');
  });

  it('now, from the console, needs no preview', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const reply = rig.ask<ConfirmResult & { unclosed: unknown[] }>({ kind: 'flattenNow' }, CONSOLE);
    const { orders, unclosed } = valueIn(reply);
    expect([orders.length, unclosed]).toEqual([1, []]);
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
  });

  it('goes on until the market is back, and pages once in between', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.advance(1);
    const { unclosed } = valueIn(
      rig.ask<ConfirmResult & { unclosed: unknown[] }>({ kind: 'flattenNow' }, CONSOLE),
    );
    expect(unclosed).toHaveLength(1);
    rig.advance(25);
    expect(rig.alerts().filter((code) => code === 'FLATTEN_INCOMPLETE')).toHaveLength(1);
    rig.edit = (sides) => sides;
    rig.advance(20);
    expect(rig.positions()).toEqual([]);
  });
});

describe('a cancel', () => {
  it('of an opening order goes out at once', () => {
    const rig = new DeskRig();
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    const { value } = cancel(rig, orderId ?? '');
    expect(value).toMatchObject({ orderId, purpose: 'open' });
    rig.advance(1);
    expect(rig.order(orderId ?? '').status).toBe('cancelled');
  });

  it('of an order not sent yet ends it unsent', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    const { intentId } = rig.orders()[0]!.intent;
    const id = rig.send({ kind: 'cancel', orderId: intentId, tokenSha256: rig.newToken() });
    rig.makeDurable();
    expect(valueIn(rig.reply<OrderView>(id)!)).toMatchObject({ status: 'denied' });
    expect(rig.submitted).toEqual([]);
  });

  it('of an order that waits for its clearance ends it unsent, whatever the kill word allows', () => {
    const rig = new DeskRig();
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    const order = rig.orders()[0]!;
    const { intentId } = order.intent;
    const seq = rig.records().at(-1)?.seq ?? 0;
    rig.desk.step({ kind: 'journalDurable', at: rig.at, seq, hash: '' });
    expect(order.status).toBe('sending');
    rig.send({ kind: 'cancel', orderId: intentId, tokenSha256: rig.newToken() });
    expect(order).toMatchObject({ status: 'denied', reason: 'cancelled before it was sent' });
    rig.step({ kind: 'cleared', at: rig.at, intentId, act: 'submit' });
    expect(rig.submitted).toEqual([]);
  });

  it('of an order that closes takes a token', () => {
    const rig = new DeskRig();
    const orderId = restingClose(rig, rig.openPosition().positionId);
    const { value, tokenSha256 } = cancel(rig, orderId);
    expect(value).toMatchObject({ purpose: 'cancel', limitPrice: 0, feesCents: 0 });
    expect(rig.order(orderId).cancelRequested).toBe(false);
    const id = rig.send({ kind: 'confirm', tokenSha256 });
    expect(rig.order(orderId).cancelRequested).toBe(true);
    rig.advance(1);
    const done = valueIn(rig.reply<ConfirmResult>(id)!);
    expect([done.orderId, done.status, done.replayed]).toEqual([orderId, 'cancelled', false]);
    expect(valueIn(rig.confirm(tokenSha256)).replayed).toBe(true);
    expect(rig.bodies('cancelRequested')).toEqual([
      { kind: 'cancelRequested', intentId: orderId, principal: 'trader', tokenSha256 },
    ]);
  });

  it('of an order that has ended changes nothing and shows it', () => {
    const rig = new DeskRig();
    const { intent } = rig.execute(rig.preview());
    expect(cancel(rig, intent.intentId).value).toMatchObject({ status: 'filled' });
    expect(rig.bodies('cancelRequested')).toEqual([]);
  });

  it('of an unknown order says where to look', () => {
    const rig = new DeskRig();
    const command = { kind: 'cancel', orderId: 'x', tokenSha256: rig.newToken() } as const;
    expect(denialIn(rig.ask(command, TRADER)).code).toBe('not_found');
  });
});
