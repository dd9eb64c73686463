import { describe, expect, it } from 'vitest';
import type { OrderView } from '../../../src/desk/engine-api.ts';
import { averageFillNet, filledUnits } from '../../../src/desk/orders/order-book.ts';
import { legViews, midDollars } from '../../../src/desk/orders/order-views.ts';
import { price } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig, denialIn, TRADER, valueIn } from '../../support/desk-rig.ts';

describe('the way of an order', () => {
  it('runs from preview to position, every step in the journal, in order', () => {
    const rig = new DeskRig();
    const order = rig.execute(rig.preview());
    expect(order.status).toBe('filled');
    expect(rig.positions()).toHaveLength(1);
    const steps = rig.records().map(({ body }) => {
      return body.kind === 'brokerEvent' ? body.event.kind : body.kind;
    });
    const told = ['previewMade', 'intentRecorded', 'orderSent', 'accepted'];
    expect(steps.filter((step) => told.includes(step))).toEqual(told);
    expect(steps.filter((step) => step === 'fill')).toHaveLength(4);
  });

  it('numbers its records without a gap', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const numbers = rig.records().map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it('waits with the send for the journal', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    rig.advance(2);
    expect(rig.submitted).toEqual([]);
    rig.makeDurable();
    expect(rig.submitted).toEqual([rig.orders()[0]?.intent.intentId]);
  });

  it('ends unsent where an opening waits for the journal longer than its judgement counts', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    rig.advance(2.1);
    rig.makeDurable();
    rig.advance(1);
    expect(rig.submitted).toEqual([]);
    expect(rig.orders()[0]).toMatchObject({
      status: 'denied',
      reason: 'its record took too long to reach the disk: preview it again',
    });
  });

  it('waits with a close for the journal, however long that takes', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const { tokenSha256 } = rig.previewClose(positionId);
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    rig.advance(30);
    rig.makeDurable();
    expect(rig.submitted).toEqual(rig.orders().map(({ intent }) => intent.intentId));
  });

  it('is not sent by the word for an earlier record', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    const { intentSeq } = rig.orders()[0]!;
    rig.step({ kind: 'journalDurable', at: rig.at, seq: intentSeq - 1, hash: '' });
    expect(rig.submitted).toEqual([]);
    rig.step({ kind: 'journalDurable', at: rig.at, seq: intentSeq, hash: '' });
    expect(rig.submitted).toHaveLength(1);
  });

  it('submits an intent once, whatever is repeated', () => {
    const rig = new DeskRig();
    const preview = rig.preview();
    const { intent } = rig.execute(preview);
    rig.confirm(preview.tokenSha256);
    rig.makeDurable();
    rig.step({ kind: 'cleared', at: rig.at, intentId: intent.intentId });
    rig.step({ kind: 'blockedByKill', at: rig.at, intentId: intent.intentId });
    rig.advance(5);
    expect(rig.submitted).toEqual([intent.intentId]);
    expect(rig.order(intent.intentId).status).toBe('filled');
  });

  it('takes a clearance of an order nobody knows for nothing', () => {
    const rig = new DeskRig();
    rig.step({ kind: 'cleared', at: rig.at, intentId: '20261120-000099' });
    rig.step({ kind: 'blockedByKill', at: rig.at, intentId: '20261120-000099' });
    expect(rig.submitted).toEqual([]);
    expect(rig.bodies('sendBlocked')).toEqual([]);
  });

  it('answers the confirm when the order has ended, or after two seconds of the wall', () => {
    const rig = new DeskRig();
    const id = rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    rig.advance(1);
    expect(rig.reply(id)).toBeUndefined();
    rig.advance(1);
    expect(rig.reply(id)).toMatchObject({ value: { status: 'working', replayed: false } });
  });

  it('ends an order that nobody fills in time, and says why', () => {
    const rig = new DeskRig();
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    rig.edit = ({ bid }) => ({ bid, ask: undefined });
    rig.advance(95);
    const order = rig.order(orderId ?? '');
    expect(order.status).toBe('cancelled');
    expect(order.reason).toContain('not filled in time');
    expect(rig.bodies('cancelRequested')).toHaveLength(1);
    expect(rig.positions()).toEqual([]);
  });

  it('calls back an opening of a strategy that has lost since it was confirmed', () => {
    const limits = { maxLossesPerStrategy: 1, portfolioDeltaCap: 500 };
    const rig = new DeskRig({ limits });
    const scan = { strategy: 'straddle_scan', quantity: 1 } as const;
    const { positionId } = rig.openPosition({ ...scan, strike: 602 });
    const { tokenSha256 } = rig.preview({ ...scan, strike: 600 });
    rig.edit = (sides, _right, strike) =>
      strike === 600 ? { bid: sides.bid, ask: (sides.ask ?? 0) + 0.08 } : sides;
    const { orderId } = valueIn(rig.confirm(tokenSha256));
    const order = rig.order(orderId ?? '');
    expect(order.status).toBe('working');
    rig.execute(rig.previewClose(positionId));
    rig.edit = (sides) => sides;
    rig.advance(3);
    expect([order.status, order.reason]).toEqual([
      'cancelled',
      'straddle_scan has lost and rests: nothing of it opens',
    ]);
    expect(rig.positions()).toEqual([]);
  });

  it('is previewed by nobody while the underlying has no ask, whatever its options say', () => {
    const rig = new DeskRig();
    rig.advance(12);
    const step = rig.step.bind(rig);
    rig.step = (input) =>
      step(input.kind === 'quote' && input.index === -1 ? { ...input, ask: undefined } : input);
    rig.advance(1);
    const request = {
      kind: 'previewStrategy',
      request: CONDOR,
      tokenSha256: rig.newToken(),
    } as const;
    const { code, message } = denialIn(rig.ask(request));
    expect([code, message]).toEqual([
      'model_unreasonable',
      'the underlying has no price; wait for its bid and ask',
    ]);
  });

  it('concedes step by step and never past the worst price agreed to', () => {
    const rig = new DeskRig();
    const order = rig.execute(rig.preview());
    const limits = rig.bodies('repriced').map(({ limit }) => limit);
    expect(limits).toEqual([12_900, 12_800, 12_700]);
    expect(Math.min(...limits)).toBeGreaterThanOrEqual(order.intent.worst);
    expect(averageFillNet(order)).toBe(12_700);
  });
});

describe('an order as it is shown', () => {
  it('shows what filled, at what average net, for what fees', () => {
    const rig = new DeskRig();
    const { intent } = rig.execute(rig.preview());
    const view = rig.query<OrderView>({ kind: 'orderStatus', orderId: intent.intentId });
    expect(view).toMatchObject({
      orderId: intent.intentId,
      positionId: intent.intentId,
      purpose: 'open',
      status: 'filled',
      quantity: 1,
      filledQuantity: 1,
      limitPrice: 1.27,
      averageFillPrice: 1.27,
      feesCents: 452,
      createdAt: '2026-11-20T10:30:00.000-05:00',
    });
    const fills = view.fills.map((fill) => [fill.action, fill.symbol.slice(-9), fill.price]);
    expect(fills).toEqual([
      ['Buy to Open', 'P00594000', 0.03],
      ['Sell to Open', 'P00599000', 0.67],
      ['Sell to Open', 'C00601000', 0.65],
      ['Buy to Open', 'C00606000', 0.02],
    ]);
  });

  it('is pending until it is sent, working at the broker, partly filled in between', () => {
    const rig = new DeskRig();
    rig.size = 1;
    const { tokenSha256 } = rig.preview({ ...CONDOR, width: 3, quantity: 3 });
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    const { intentId: orderId } = rig.orders()[0]!.intent;
    const statuses = new Set<string>();
    const look = () => {
      statuses.add(rig.query<OrderView>({ kind: 'orderStatus', orderId }).status);
    };
    look();
    rig.journal = 'atOnce';
    for (let second = 0; second < 30; second += 1) {
      rig.advance(1);
      look();
    }
    expect([...statuses]).toEqual(['pending', 'working', 'partiallyFilled', 'filled']);
  });

  it('counts whole units only: three legs of four make none', () => {
    const rig = new DeskRig();
    const order = rig.execute(rig.preview());
    const torn = { ...order, fills: order.fills.slice(0, 3) };
    expect([filledUnits(torn), averageFillNet(torn)]).toEqual([0, undefined]);
    expect([filledUnits(order), averageFillNet(order)]).toEqual([1, 12_700]);
  });

  it('lists the newest first, as many as asked for', () => {
    const rig = new DeskRig({ limits: { duplicateWindowMillis: 0 } });
    for (let n = 0; n < 3; n += 1) rig.confirm(rig.preview().tokenSha256);
    const { orders } = rig.query<{ orders: OrderView[] }>({ kind: 'recentOrders', limit: 2 });
    const ids = rig.orders().map(({ intent }) => intent.intentId);
    expect(orders.map(({ orderId }) => orderId)).toEqual([ids[2], ids[1]]);
  });

  it('names the order it does not know', () => {
    const rig = new DeskRig();
    const query = { kind: 'orderStatus', orderId: 'x' } as const;
    const answer = rig.desk.query(query, TRADER, rig.at);
    expect(answer).toMatchObject({ denied: { code: 'not_found', numbers: { orderId: 'x' } } });
  });

  it('tells subscribers of every change, and of positions once they change', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const told = rig.effects.flatMap((effect) => {
      if (effect.kind !== 'publish') return [];
      return effect.event.kind === 'order' ? [effect.event.order.status] : [effect.event.kind];
    });
    expect(told[0]).toBe('pending');
    expect(told).toContain('working');
    expect(told.at(-2)).toBe('filled');
    expect(told.filter((word) => word === 'positions')).toHaveLength(4);
  });

  it('shows a leg without a bid at half its ask, and one without an ask not at all', () => {
    expect(midDollars(undefined, price(200))).toBe(0.01);
    expect(midDollars(price(100), price(300))).toBe(0.02);
    expect(midDollars(price(100), undefined)).toBeNull();
  });

  it('shows a leg outside the chain without a market', () => {
    const rig = new DeskRig();
    const [leg] = rig.openPosition().openingIntent!.legs;
    const elsewhere = { ...leg!.instrument, strike: price(100) };
    const [view] = legViews(rig.desk.context, [{ ...leg!, instrument: elsewhere }], 2);
    expect(view).toMatchObject({ bid: null, ask: null, mid: null, delta: null, ageMs: null });
    expect(view?.quantity).toBe(2);
  });
});
