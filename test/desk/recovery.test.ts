import { describe, expect, it } from 'vitest';
import type { ConfirmResult } from '../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../src/desk/engine-api-requests.ts';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import { differences } from '../../src/desk/reconciling/reconciling.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import type { Fill } from '../../src/engine/domain/order.ts';
import { cents, price } from '../../src/engine/domain/units.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, valueIn } from '../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };

/** Room for a position of several units. */
const WIDE = { maxDailyLossCents: cents(900_000), maxTradeLossCents: cents(900_000) };

/** A morning with something of everything in it. */
function busyMorning(): DeskRig {
  const rig = new DeskRig({ limits: { maxDailyLossCents: cents(150_000) } });
  const { positionId } = rig.openPosition({ ...CONDOR, width: 3, quantity: 2 });
  rig.execute(rig.previewClose(positionId, 1));
  rig.openPosition(STRADDLE);
  rig.confirm(rig.preview().tokenSha256);
  rig.ask({ kind: 'kill', reason: 'a look' });
  rig.advance(2);
  rig.ask({ kind: 'rearm' }, CONSOLE);
  rig.quotes(602.4);
  rig.advance(4);
  const tokenSha256 = rig.newToken();
  rig.ask({ kind: 'previewFlatten', tokenSha256 });
  rig.confirm(tokenSha256);
  rig.advance(5);
  return rig;
}

/** The positions once somebody else has traded one contract. */
function heldAfter(
  rig: DeskRig,
  trade: Pick<Fill, 'fillId' | 'instrument' | 'action'>,
): readonly string[] {
  const cost = { price: price(5_000), feesCents: cents(0), marketAt: rig.at.market };
  const fill = { ...trade, ...cost, intentId: 'external-9', quantity: 1 };
  rig.brokerSays({ kind: 'fill', fill });
  return rig.positions().map(({ positionId }) => positionId);
}

/** The tokens that these records spend, with the orders each stands for. */
function spentTokens(records: readonly AuditRecord[]): ReadonlyMap<string, readonly string[]> {
  const spent = new Map<string, string[]>();
  for (const { body } of records) {
    if (body.kind !== 'intentRecorded' || body.tokenSha256 === null) continue;
    const { intentId } = body.intent;
    spent.set(body.tokenSha256, [...(spent.get(body.tokenSha256) ?? []), intentId]);
  }
  return spent;
}

describe('a restart at any record', () => {
  const rig = busyMorning();
  const records = rig.records();
  const boundaries = records.map((_, index) => records.slice(0, index + 1));

  it('has a morning worth stopping in', () => {
    const kinds = new Set(records.map(({ body }) => body.kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['killEngaged', 'killReleased', 'exitTriggered', 'cancelRequested']),
    );
    expect(records.length).toBeGreaterThan(60);
  });

  it('sends nothing again, and gives no id twice', () => {
    for (const prefix of boundaries) {
      const again = rig.restart(prefix);
      again.advance(2);
      const before = summarizeJournal(prefix).intents.map(({ intentId }) => intentId);
      expect(before.filter((id) => again.submitted.includes(id))).toEqual([]);
      const ids = again.orders().map(({ intent }) => intent.intentId);
      expect(new Set(ids).size).toBe(ids.length);
      const numbers = again.records().map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    }
  });

  it('forgets no spent token: a retry hears of its first orders', () => {
    for (const prefix of boundaries) {
      const again = rig.restart(prefix, { isOpen: false });
      for (const [tokenSha256, orderIds] of spentTokens(prefix)) {
        const { replayed, orders } = valueIn(again.confirm(tokenSha256));
        expect(replayed).toBe(true);
        expect(orders.map(({ orderId }) => orderId)).toEqual(orderIds);
      }
    }
  });

  it('agrees with the broker about what is held', () => {
    for (const prefix of boundaries) {
      expect(differences(rig.restart(prefix, { isOpen: false }).desk.context)).toEqual([]);
    }
  });

  it('keeps the kill switch as the records leave it', () => {
    for (const prefix of boundaries) {
      const kills = prefix.filter(({ body }) => body.kind.startsWith('kill'));
      const again = rig.restart(prefix, { isOpen: false });
      expect(again.day.killed).toBe(kills.at(-1)?.body.kind === 'killEngaged');
    }
  });

  it('comes to the same book and money at the end', () => {
    const again = rig.restart(records, { isOpen: false });
    expect(again.positions()).toEqual(rig.positions());
    expect(again.desk.context.book.day()).toEqual(rig.desk.context.book.day());
    expect(again.orders().map(({ status }) => status)).toEqual(
      rig.orders().map(({ status }) => status),
    );
  });
});

describe('after a restart', () => {
  it('open positions are watched again: a stop fires', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const again = rig.restart();
    again.quotes(602.5);
    again.advance(5);
    expect(again.bodies('exitTriggered').map(({ reason }) => reason)).toEqual(['callSideStop']);
  });

  it('an order that the paper broker still works goes on', () => {
    const rig = new DeskRig();
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    const again = rig.restart();
    expect(again.order(orderId ?? '').status).toBe('working');
    expect(again.ended(orderId ?? '').status).toBe('filled');
    expect(again.submitted).toEqual([]);
  });

  it('an order is shown at the limit that it was last moved to, also where it ended unanswered', () => {
    const rig = new DeskRig();
    rig.confirm(rig.preview().tokenSha256);
    const { intentId } = rig.orders()[0]!.intent;
    rig.gateway.isMute = true;
    rig.advance(6);
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    const { limit, intent } = rig.order(intentId);
    expect(limit).toBeLessThan(intent.limit);
    expect(rig.restart(rig.records(), { isOpen: false }).order(intentId).limit).toBe(limit);
  });

  it('a thousand numbers are left out behind each run that was cut off, over all restarts', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const numberOf = (of: DeskRig) => Number(of.orders().at(-1)?.intent.intentId.split('-').at(-1));
    const idle = rig.restart();
    const again = idle.restart();
    again.openPosition({ ...CONDOR, width: 3 });
    expect(numberOf(again) - numberOf(rig)).toBe(2_001);
  });

  it('an opening recorded and not sent is dead at the paper broker', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    const again = rig.restart();
    const result = valueIn(again.confirm(tokenSha256));
    expect([result.status, result.replayed]).toEqual(['cancelled', true]);
    expect(again.submitted).toEqual([]);
  });

  it('a close that the paper broker lost is dead in every later start: nothing closes by it again', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 4 });
    rig.send({ kind: 'confirm', tokenSha256: rig.previewClose(positionId, 1).tokenSha256 });
    const lost = rig.orders().at(-1)!.intent.intentId;
    const again = rig.restart();
    again.advance(30);
    expect(again.positions()).toMatchObject([{ quantity: 3 }]);
    again.execute(again.previewClose(positionId, 1));
    const third = again.restart();
    third.advance(30);
    expect(third.order(lost).status).toBe('cancelled');
    expect(third.day.askedCloses.size).toBe(0);
    expect(third.submitted).toEqual([]);
    expect(third.positions()).toMatchObject([{ quantity: 2 }]);
  });

  it('a flatten ends with what is gone, also behind a close that the paper broker lost', () => {
    const rig = new DeskRig();
    const { intent } = rig.execute(rig.preview());
    const { instrument } = intent.legs.find(({ action }) => action === 'buyToOpen')!;
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(3);
    const bought = { fillId: 'a', instrument, action: 'buyToOpen' } as const;
    expect(heldAfter(rig, bought)).toHaveLength(1);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    const again = rig.restart();
    expect(heldAfter(again, { ...bought, fillId: 'b', action: 'sellToClose' })).toEqual([]);
    again.advance(3);
    const held = heldAfter(again, { ...bought, fillId: 'c' });
    expect(held).toHaveLength(1);
    const third = again.restart();
    third.advance(5);
    expect(third.positions().map(({ positionId }) => positionId)).toEqual(held);
    expect(third.submitted).toEqual([]);
  });

  it('a preview that nobody redeemed is unknown', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    expect(denialIn(rig.restart().confirm(tokenSha256)).code).toBe('token_invalid');
  });

  it('a flatten that only called back openings still answers for its token', () => {
    const rig = new DeskRig();
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewFlatten', tokenSha256 });
    rig.confirm(tokenSha256);
    rig.advance(1);
    const { replayed, orders } = valueIn(rig.restart().confirm(tokenSha256));
    expect(replayed).toBe(true);
    expect(orders.map((order) => [order.orderId, order.status])).toEqual([[orderId, 'cancelled']]);
  });

  it('a cancel that took a token has spent it', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const { orderId } = valueIn(rig.confirm(rig.previewClose(positionId).tokenSha256));
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'cancel', orderId: orderId ?? '', tokenSha256 });
    rig.confirm(tokenSha256);
    const result = valueIn<ConfirmResult>(rig.restart().confirm(tokenSha256));
    expect([result.orderId, result.replayed]).toEqual([orderId, true]);
  });

  it('a cancel whose answer was never heard is asked for again, and recorded once', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.size = 0;
    rig.quotes();
    const orderId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
    rig.advance(1);
    rig.ask({ kind: 'cancel', orderId, tokenSha256: rig.newToken() });
    const again = rig.restart();
    again.advance(1);
    expect(again.order(orderId).status).toBe('cancelled');
    expect(again.bodies('cancelRequested')).toHaveLength(1);
  });

  it('a flatten that was under way goes on', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.size = 0;
    rig.quotes();
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(1);
    const again = rig.restart();
    again.advance(30);
    expect(again.positions()).toEqual([]);
  });

  it('a flatten that is done begins no more for what somebody buys again, and is told once', () => {
    const rig = new DeskRig();
    const { intent } = rig.execute(rig.preview());
    const { instrument } = intent.legs.find(({ action }) => action === 'buyToOpen')!;
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(3);
    const theirs = (fillId: string, action: 'buyToOpen' | 'sellToClose') =>
      heldAfter(rig, { fillId, instrument, action });
    expect(theirs('a', 'buyToOpen')).toHaveLength(1);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    expect(theirs('b', 'sellToClose')).toEqual([]);
    rig.advance(2);
    expect(rig.alerts().filter((code) => code === 'FLATTEN_DONE')).toHaveLength(2);
    const held = theirs('c', 'buyToOpen');
    const sent = rig.submitted.length;
    rig.advance(5);
    expect(rig.submitted).toHaveLength(sent);
    const again = rig.restart();
    again.advance(5);
    expect(again.positions().map((position) => position.positionId)).toEqual(held);
    expect(again.submitted).toEqual([]);
    expect(again.alerts()).not.toContain('FLATTEN_DONE');
  });

  it('a breakout that was traded stays taken, on its own day', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const records = rig.records().map((record) => {
      const { body } = record;
      if (body.kind !== 'intentRecorded') return record;
      const intent = { ...body.intent, breakoutKey: '15:up' };
      return { ...record, body: { ...body, intent } };
    });
    expect(rig.restart(records).day.breakoutsTaken).toEqual(['15:up']);
    const nextDay = new DeskRig({ records, date: '2026-11-23' });
    expect(nextDay.day.breakoutsTaken).toEqual([]);
  });

  it("yesterday's money is not today's, however often the engine starts", () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.execute(rig.previewClose(positionId));
    rig.goTo(17 * 60 + 30);
    const first = rig.restart(rig.records(), { isOpen: false });
    const second = first.restart(first.records(), { isOpen: false });
    expect(second.session.date).toBe('2026-11-23');
    expect(second.desk.context.book.day().feesCents).toBe(0);
  });

  it("yesterday's orders do not use up today's", () => {
    const rig = new DeskRig({ limits: { maxOrdersPerDay: 2 } });
    const { positionId } = rig.openPosition();
    rig.execute(rig.previewClose(positionId));
    const nextDay = new DeskRig({
      records: rig.records(),
      date: '2026-11-23',
      limits: { maxOrdersPerDay: 2 },
    });
    expect(nextDay.preview().card.purpose).toBe('open');
  });
});

describe('after a restart at a broker with a memory of its own', () => {
  const unsent = () => {
    const rig = new DeskRig({ brokerName: 'tastytrade' });
    const { tokenSha256 } = rig.preview();
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    return rig;
  };

  const cancelOf = (rig: DeskRig, orderId: string) =>
    ({ kind: 'cancel', orderId, tokenSha256: rig.newToken() }) as const;

  it('an order without evidence is UNKNOWN and blocks its strategy', () => {
    const again = unsent().restart();
    expect(again.orders().map(({ status }) => status)).toEqual(['unknown']);
    const command = {
      kind: 'previewStrategy',
      request: { ...CONDOR, width: 4 },
      tokenSha256: again.newToken(),
    } as const;
    expect(denialIn(again.ask(command)).code).toBe('unknown_order_open');
    again.advance(5);
    expect(again.submitted).toEqual([]);
  });

  it('nothing that cannot be proven calls it dead: not a cancel, not a broken journal', () => {
    const again = unsent().restart();
    const [order] = again.orders();
    const orderId = order?.intent.intentId ?? '';
    again.ask({ kind: 'cancel', orderId, tokenSha256: again.newToken() });
    again.step({ kind: 'journalFailed', at: again.at, reason: 'EIO', reserveExhausted: true });
    expect(order?.status).toBe('unknown');
    expect(again.bodies('sendBlocked')).toEqual([]);
  });

  it.each([
    ['by a trader', (rig: DeskRig, orderId: string) => rig.send(cancelOf(rig, orderId))],
    ['by a flatten', (rig: DeskRig) => rig.send({ kind: 'flattenNow' }, CONSOLE)],
  ])('an opening that was called back %s concedes nothing once it is found', (_by, callBack) => {
    const rig = new DeskRig({ brokerName: 'tastytrade' });
    rig.gateway.isMute = true;
    const intentId = valueIn(rig.confirm(rig.preview().tokenSha256)).orderId ?? '';
    rig.brokerSays({ kind: 'unknown', intentId, reason: 'no answer in time' });
    callBack(rig, intentId);
    const again = rig.restart(rig.records(), { isOpen: false });
    const { intent, limit } = again.order(intentId);
    const listed = { intentId, brokerOrderId: 'T-1', legs: intent.legs, remaining: 1, limit };
    again.gateway.isMute = true;
    again.gateway.editSnapshot = (snapshot) => ({ ...snapshot, workingOrders: [listed] });
    again.brokerSays({ kind: 'accepted', intentId, brokerOrderId: 'T-1' });
    again.open();
    again.advance(40);
    expect(again.order(intentId)).toMatchObject({ status: 'working', limit });
    expect(again.bodies('repriced')).toEqual([]);
    again.brokerSays({ kind: 'cancelRejected', intentId, reason: 'it is being filled' });
    expect(again.order(intentId).cancelRequested).toBe(false);
  });

  it('an order that the broker lists is working', () => {
    const rig = unsent();
    const [order] = rig.orders();
    const again = rig.restart(rig.records(), { isOpen: false });
    again.brokerSays({
      kind: 'accepted',
      intentId: order?.intent.intentId ?? '',
      brokerOrderId: 'T-1',
    });
    expect(again.orders()[0]).toMatchObject({ status: 'working', brokerOrderId: 'T-1' });
    expect(again.bodies('orderResolved')).toHaveLength(1);
  });
});
