import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import type { OrderRecord } from '../../../src/desk/orders/order-book.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { cents, centsFromDollars, price } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig, LOTTO, valueIn } from '../../support/desk-rig.ts';

const WIDE = {
  maxDailyLossCents: centsFromDollars(5_000),
  maxTradeLossCents: centsFromDollars(3_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
};
const GONE = 'what it closes is not held any more';

/** A position and closes of so many units of it each, which work: nobody takes the other side. */
function closing(request: typeof LOTTO | typeof CONDOR = LOTTO, units: readonly number[] = [1]) {
  const rig = new DeskRig({ limits: WIDE, minutes: 14 * 60 + 30 });
  const quantity = units.reduce((sum, each) => sum + each, 0);
  const position = rig.openPosition({ ...request, quantity });
  rig.size = 0;
  rig.quotes();
  const closes = units.map((each, place) => {
    return newClose(rig, position.positionId, place === units.length - 1 ? undefined : each);
  });
  expect(closes.map(({ status }) => status)).toEqual(units.map(() => 'working'));
  return { rig, position, closes };
}

function newClose(rig: DeskRig, positionId: string, units?: number): OrderRecord {
  const { orderId } = valueIn(rig.confirm(rig.previewClose(positionId, units).tokenSha256));
  return rig.order(orderId ?? '');
}

/** Executions of some legs of a close, or of somebody else who closes the same. */
function fillsOf(
  { at }: DeskRig,
  { legs, intentId }: OrderIntent,
  name: string,
  by = intentId,
): BrokerEvent[] {
  return legs.map(({ instrument, action, ratio }, place) => {
    const money = { price: price(500), feesCents: cents(0), marketAt: at.market };
    const fillId = `${name}-${place}`;
    const fill = { fillId, intentId: by, instrument, action, quantity: ratio, ...money };
    return { kind: 'fill', fill };
  });
}

/** What somebody else did, of which the paper broker's pictures know nothing. */
function theirs(rig: DeskRig, { intent }: OrderRecord, name = 'theirs'): BrokerEvent[] {
  rig.gateway.editSnapshot = () => undefined;
  return fillsOf(rig, intent, name, 'external-B-7');
}

describe('a close at work', () => {
  it('is called back at once where somebody else closed its position', () => {
    const { rig, closes } = closing();
    const [close] = closes;
    rig.brokerSays(...theirs(rig, close!));
    expect(rig.positions()).toEqual([]);
    expect(close).toMatchObject({ cancelRequested: true, reason: GONE });
    rig.advance(2);
    rig.size = 50;
    rig.advance(2);
    expect(close?.status).toBe('cancelled');
    expect(rig.positions()).toEqual([]);
  });

  it('is called back where its position was assigned', () => {
    const { rig, position, closes } = closing();
    const { instrument, quantity } = position.legs[0]!;
    const money = { shares: 0, sharePrice: price(0), feesCents: cents(0) };
    const marketAt = rig.at.market;
    const settlement = {
      settlementId: 's',
      outcome: 'expired',
      instrument,
      quantity,
      marketAt,
    } as const;
    rig.brokerSays({ kind: 'settlement', settlement: { ...settlement, ...money } });
    expect(closes[0]?.cancelRequested).toBe(true);
  });

  it('is called back where an earlier close filled after its end was told', () => {
    const { rig, position, closes } = closing();
    const [early] = closes;
    rig.paper.cancel(early!.intent.intentId, rig.at);
    rig.advance(2);
    expect(early?.status).toBe('cancelled');
    const second = newClose(rig, position.positionId);
    rig.brokerSays(...fillsOf(rig, early!.intent, 'late'));
    expect([early?.status, second.cancelRequested]).toEqual(['filled', true]);
  });

  it('is asked again a second after the broker refused to cancel it', () => {
    const { rig, closes } = closing();
    const [close] = closes;
    rig.gateway.refuseCancel = 'asked too often';
    rig.brokerSays(...theirs(rig, close!));
    rig.advance(3);
    expect(rig.bodies('cancelRequested')).toHaveLength(4);
    rig.gateway.refuseCancel = undefined;
    rig.advance(2);
    expect(close?.status).toBe('cancelled');
  });

  it('stays while the legs of its own units are told one after another', () => {
    const { rig, closes } = closing(CONDOR, [2]);
    const [close] = closes;
    const own = ['first', 'second'].flatMap((name) => fillsOf(rig, close!.intent, name));
    for (const event of own) {
      rig.brokerSays(event);
      expect(close?.cancelRequested).toBe(false);
    }
    expect(close?.status).toBe('filled');
  });

  it('is called back where a leg of it is gone, and what is left of the position is closed without it', () => {
    const { rig, closes } = closing(CONDOR);
    const [close] = closes;
    const [leg] = theirs(rig, close!);
    rig.brokerSays(leg!);
    expect(close?.cancelRequested).toBe(true);
    rig.advance(4);
    const again = rig.orders().at(-1);
    expect(again?.intent.legs).toHaveLength(3);
    rig.advance(3);
    expect(again).toMatchObject({ status: 'working', cancelRequested: false });
  });

  it('stays beside another of the same position while both are held, and the older where one is', () => {
    const { rig, closes } = closing(LOTTO, [1, 1]);
    const [older, newer] = closes;
    rig.advance(3);
    expect(closes.map(({ cancelRequested }) => cancelRequested)).toEqual([false, false]);
    rig.brokerSays(...theirs(rig, newer!));
    rig.advance(3);
    expect([older?.status, newer?.status]).toEqual(['working', 'cancelled']);
  });
});

describe('a close without a proven outcome', () => {
  it('is called back too once its position is gone', () => {
    const { rig, closes } = closing();
    const [close] = closes;
    const { intentId } = close!.intent;
    rig.brokerSays({ kind: 'unknown', intentId, reason: 'no answer' });
    rig.brokerSays(...theirs(rig, close!));
    expect(close?.cancelRequested).toBe(true);
  });
});

describe('a close that waits for the journal', () => {
  it('is never sent where its position went meanwhile', () => {
    const rig = new DeskRig({ limits: WIDE, minutes: 14 * 60 + 30 });
    const { positionId } = rig.openPosition(LOTTO);
    rig.size = 0;
    rig.quotes();
    const { tokenSha256 } = rig.previewClose(positionId);
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    const close = rig.orders().at(-1)!;
    rig.brokerSays(...theirs(rig, close));
    rig.makeDurable();
    expect(close).toMatchObject({ status: 'denied', reason: GONE, sentAt: undefined });
    expect(rig.submitted).not.toContain(close.intent.intentId);
  });
});
