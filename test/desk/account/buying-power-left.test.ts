import { describe, expect, it } from 'vitest';
import type { AccountSnapshot } from '../../../src/broker/order-gateway.ts';
import { buyingPowerLeft } from '../../../src/desk/account/buying-power-left.ts';
import { filledUnits } from '../../../src/desk/orders/order-book.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents, price } from '../../../src/engine/domain/units.ts';
import type { Preview } from '../../support/desk-rig.ts';
import { CONDOR, DeskRig, denialIn } from '../../support/desk-rig.ts';

const HELD_BY_BROKER = cents(1_000_00);

/** A broker whose picture of the account stays as it is, with so much to spend in it. */
function slowBroker(): { rig: DeskRig; picture: AccountSnapshot; left: () => number | undefined } {
  const rig = new DeskRig({ limits: { duplicateWindowMillis: 0 } });
  const now = rig.gateway.snapshot(rig.at);
  if (now === undefined) throw new Error('the paper broker always gives a picture');
  const picture = { ...now, buyingPowerCents: HELD_BY_BROKER };
  rig.gateway.editSnapshot = () => picture;
  return { rig, picture, left: () => buyingPowerLeft(rig.desk.context) };
}

/** What the gate found an order to take of buying power. */
function neededFor({ card }: Preview): number {
  const { numbers } = card.checks.find(({ code }) => code === 'buying_power') ?? {};
  return Number(numbers?.['neededCents']);
}

describe('buying power between two pictures of the account', () => {
  it('is less by each opening that the last one does not show, so that two do not share it', () => {
    const { rig, left } = slowBroker();
    const first = rig.preview({ ...CONDOR, width: 10 });
    const second = rig.preview({ ...CONDOR, width: 4 });
    const order = rig.execute(first);
    expect(order.status).toBe('filled');
    expect(left()).toBe(HELD_BY_BROKER - neededFor(first));
    expect(denialIn(rig.confirm(second.tokenSha256)).code).toBe('buying_power');
  });

  it('counts an order on its way in full, and none that ended with nothing filled', () => {
    const { rig, left } = slowBroker();
    rig.size = 0;
    const preview = rig.preview();
    rig.send({ kind: 'confirm', tokenSha256: preview.tokenSha256 });
    const [order] = rig.orders();
    if (order === undefined) throw new Error('an opening was recorded');
    expect(left()).toBe(HELD_BY_BROKER - neededFor(preview));
    rig.send({ kind: 'cancel', orderId: order.intent.intentId, tokenSha256: rig.newToken() });
    rig.ended(order.intent.intentId);
    expect([order.status, left()]).toEqual(['cancelled', HELD_BY_BROKER]);
  });

  it('is less by what an order ties up, and not by what its stops may lose before', () => {
    const { rig, left } = slowBroker();
    const narrow = rig.preview({ ...CONDOR, width: 1 });
    const order = rig.execute(narrow);
    expect(order.worstCaseCents).toBeGreaterThan(neededFor(narrow));
    expect(left()).toBe(HELD_BY_BROKER - neededFor(narrow));
  });

  it('gets no more back for a replacement than the broker holds for the old order', () => {
    const { rig, picture } = slowBroker();
    rig.size = 0;
    const narrow = rig.preview({ ...CONDOR, width: 1 });
    rig.send({ kind: 'confirm', tokenSha256: narrow.tokenSha256 });
    const [order] = rig.orders();
    if (order === undefined) throw new Error('an opening was recorded');
    const { intentId, legs, worst } = order.intent;
    const shown = { intentId, brokerOrderId: '1', legs, remaining: 1, limit: worst };
    rig.gateway.editSnapshot = () => ({ ...picture, workingOrders: [shown] });
    const { context } = rig.desk;
    const without = { ...context, orders: context.orders.without(intentId) };
    expect(order.worstCaseCents).toBeGreaterThan(neededFor(narrow));
    expect(buyingPowerLeft(without)).toBe(HELD_BY_BROKER + neededFor(narrow));
  });

  it('gets nothing back for what the old order has filled since the picture, shown there or not', () => {
    const { rig, picture } = slowBroker();
    rig.size = 0;
    const narrow = rig.preview({ ...CONDOR, width: 1, quantity: 2 });
    rig.send({ kind: 'confirm', tokenSha256: narrow.tokenSha256 });
    const [order] = rig.orders();
    if (order === undefined) throw new Error('an opening was recorded');
    const { intentId, legs, worst } = order.intent;
    const shown = { intentId, brokerOrderId: '1', legs, remaining: 2, limit: worst };
    rig.advance(1);
    for (const { instrument, action } of legs) {
      const fillId = instrumentSymbol(instrument);
      const money = { price: price(10_000), feesCents: cents(0), marketAt: rig.at.market };
      const fill = { fillId, intentId, instrument, action, quantity: 1, ...money };
      rig.brokerSays({ kind: 'fill', fill });
    }
    expect([order.status, filledUnits(order)]).toEqual(['working', 1]);
    const { context } = rig.desk;
    const without = { ...context, orders: context.orders.without(intentId) };
    const one = neededFor(narrow) / 2;
    expect(buyingPowerLeft(without)).toBe(HELD_BY_BROKER - one);
    rig.gateway.editSnapshot = () => ({ ...picture, workingOrders: [shown] });
    expect(buyingPowerLeft(without)).toBe(HELD_BY_BROKER + one);
  });

  it('is the word of the broker once its picture shows the order or is younger', () => {
    const { rig, picture, left } = slowBroker();
    const order = rig.execute(rig.preview());
    const { intentId } = order.intent;
    const ended = { intentId, standing: 'filled', remaining: 0 } as const;
    rig.gateway.editSnapshot = () => ({ ...picture, endedOrders: [ended] });
    expect(left()).toBe(HELD_BY_BROKER);
    rig.gateway.editSnapshot = () => ({ ...picture, asOf: rig.at });
    expect(left()).toBe(HELD_BY_BROKER);
    rig.gateway.editSnapshot = () => undefined;
    expect(left()).toBeUndefined();
  });
});
