import { describe, expect, it } from 'vitest';
import type { PnlView } from '../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../src/desk/engine-api-requests.ts';
import { isoNewYork } from '../../src/desk/iso-time.ts';
import { isBeingReported } from '../../src/desk/orders/being-reported.ts';
import type { OrderLeg } from '../../src/engine/domain/order.ts';
import { addMicros, cents, MICROS_PER_MINUTE, price } from '../../src/engine/domain/units.ts';
import { breakoutRig, openBreakout } from '../support/breakout-rig.ts';
import { CONSOLE, DeskRig, valueIn } from '../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };

describe('a clock that was set back between two runs', () => {
  /** The next run of this desk, half an hour before where it stopped. */
  function nextRun(rig: DeskRig, options = {}): DeskRig {
    const market = addMicros(rig.at.market, -30 * MICROS_PER_MINUTE);
    return rig.restart(rig.records(), { market, ...options });
  }

  it('shows no stop at the broker as held since a time to come', () => {
    const rig = breakoutRig({ exits: { paperNativeStops: true } });
    openBreakout(rig);
    rig.advance(4);
    const again = nextRun(rig);
    const now = isoNewYork(again.at.market);
    again.advance(2);
    const [position] = again.query<PnlView>({ kind: 'pnl' }).positions;
    expect(position).toMatchObject({ protectedBy: 'broker', protectedSince: now });
  });

  it('does not keep a close that was refused from being asked for again', () => {
    const rig = new DeskRig({ minutes: 12 * 60 });
    rig.openPosition();
    rig.gateway.refuse = () => ({ reason: 'no' });
    rig.quotes(602.5);
    rig.advance(4);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'rejected', intent: { purpose: 'exit' } });
    const again = nextRun(rig);
    again.quotes(602.5);
    again.advance(14);
    expect(again.orders().at(-1)).toMatchObject({ status: 'filled', intent: { purpose: 'exit' } });
  });

  it.each([
    ['close', (rig: DeskRig) => rig.previewClose(rig.openPosition(STRADDLE).positionId)],
    ['opening', (rig: DeskRig) => rig.preview()],
  ])('does not keep the limit of a working %s where it is', (_what, asked) => {
    const rig = new DeskRig({ minutes: 12 * 60 });
    const { tokenSha256 } = asked(rig);
    rig.size = 0;
    rig.quotes();
    const orderId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
    rig.advance(1);
    const again = nextRun(rig, { isOpen: false });
    again.size = 0;
    again.open();
    again.advance(1);
    const { status, limit } = again.order(orderId);
    expect(status).toBe('working');
    again.advance(30);
    expect(again.order(orderId).limit).not.toBe(limit);
  });

  it.each([
    ['its order', undefined],
    ['somebody', 'other'],
  ])('does not keep a position from being judged of which %s filled one leg', (_who, other) => {
    const rig = new DeskRig({ minutes: 12 * 60 });
    const { positionId } = rig.openPosition(STRADDLE);
    rig.size = 0;
    rig.quotes();
    rig.confirm(rig.previewClose(positionId).tokenSha256);
    rig.advance(1);
    const { intent } = rig.orders().at(-1)!;
    const [{ instrument, action }] = intent.legs as [OrderLeg];
    const { market: marketAt } = rig.at;
    const told = {
      fillId: 'x',
      intentId: other ?? intent.intentId,
      instrument,
      action,
      quantity: 1,
    };
    const fill = { ...told, price: price(20_000), feesCents: cents(0), marketAt };
    rig.brokerSays({ kind: 'fill', fill });
    const again = nextRun(rig, { isOpen: false });
    again.size = 0;
    again.open();
    expect(isBeingReported(again.desk.context, positionId)).toBe(true);
    again.advance(4);
    expect(isBeingReported(again.desk.context, positionId)).toBe(false);
  });

  it('does not keep a close where the broker refused one change of it', () => {
    const rig = new DeskRig({ minutes: 12 * 60 });
    const { tokenSha256 } = rig.previewClose(rig.openPosition(STRADDLE).positionId);
    rig.size = 0;
    rig.quotes();
    const intentId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
    rig.advance(1);
    rig.brokerSays({ kind: 'cancelRejected', intentId, reason: 'the wire is busy' });
    const again = nextRun(rig, { isOpen: false });
    again.size = 0;
    again.open();
    const { limit } = again.order(intentId);
    again.advance(15);
    // Of the earlier hour it is worth more: its limit follows that.
    expect(again.order(intentId).limit).toBeGreaterThan(limit);
  });

  it('does not make the silence of the broker any shorter', () => {
    const rig = new DeskRig({ minutes: 12 * 60 });
    const { tokenSha256 } = rig.previewClose(rig.openPosition(STRADDLE).positionId);
    rig.size = 0;
    rig.quotes();
    const intentId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
    rig.gateway.refuseLimit = 'gone';
    rig.gateway.noWordOfLimit = 'unproven';
    rig.advance(12);
    const sinceOf = (of: DeskRig) => of.order(intentId).limitRefusals?.wordless?.since ?? 0;
    expect(sinceOf(rig)).toBeGreaterThan(0);
    const again = nextRun(rig, { isOpen: false });
    expect(again.at.wall - sinceOf(again)).toBeGreaterThanOrEqual(0);
    expect(again.at.wall - sinceOf(again)).toBeLessThanOrEqual(rig.at.wall - sinceOf(rig));
  });

  it('does not keep a stop at the broker from being called back that was refused to be once', () => {
    const rig = breakoutRig({ exits: { paperNativeStops: true } });
    const { positionId } = openBreakout(rig, 1);
    rig.advance(2);
    rig.gateway.refuseCancel = 'not proven: no answer in time';
    rig.confirm(rig.previewClose(positionId).tokenSha256);
    expect(rig.desk.context.orders.protecting(positionId)?.cancelAgainAt).toBeDefined();
    const again = nextRun(rig);
    again.ask({ kind: 'flattenNow' }, CONSOLE);
    again.advance(5);
    expect(again.positions()).toEqual([]);
  });

  it('counts no order of before as one of the minutes to come', () => {
    const limits = { maxOrdersPerMinute: 2, maxRepeats: 3, duplicateWindowMillis: 0 };
    const rig = new DeskRig({ minutes: 12 * 60, limits });
    for (let i = 0; i < 2; i += 1) rig.openPosition();
    const again = nextRun(rig);
    again.advance(61);
    expect(again.execute(again.preview(STRADDLE)).status).toBe('filled');
    again.advance(540);
    expect(again.execute(again.preview()).status).toBe('filled');
    expect(again.day.status.causes).toEqual([]);
    expect(again.day.recentOrders).toHaveLength(4);
  });

  it('forgives after it what a re-arm forgave before it, and nothing more', () => {
    const limits = { maxConsecutiveRejects: 2, duplicateWindowMillis: 0, maxOrdersPerMinute: 99 };
    const rig = new DeskRig({ minutes: 12 * 60, knobs: { rejectNext: 2 }, limits });
    for (let i = 0; i < 2; i += 1) rig.execute(rig.preview());
    rig.advance(1);
    expect(rig.day.status.causes).toEqual(['rejectBreaker']);
    rig.ask({ kind: 'rearm' }, CONSOLE);
    const again = nextRun(rig);
    expect(again.day.status.causes).toEqual([]);
    for (let i = 0; i < 2; i += 1) again.execute(again.preview());
    again.advance(1);
    expect(again.day.status.causes).toEqual(['rejectBreaker']);
  });
});
