/**
 * What every order gateway promises, as one suite. An adapter's test builds a rig around it (the
 * adapter, and a venue that can be told what to do) and runs the suite on it.
 */

import { describe, expect, it } from 'vitest';
import type { ApprovedOrder } from '../../src/broker/approved-order.ts';
import type { BrokerEvent, GatewayEffect, OrderGateway } from '../../src/broker/order-gateway.ts';
import type { At } from '../../src/engine/domain/clock.ts';
import { instrumentSymbol } from '../../src/engine/domain/instrument.ts';
import type { Fill } from '../../src/engine/domain/order.ts';
import { legSign } from '../../src/engine/domain/order.ts';

/** A gateway and its venue. Every call gives back the events that came out of it, in order. */
export interface GatewayRig {
  readonly gateway: OrderGateway;
  /** An opening of two legs or more that the venue takes and leaves resting. A new id each time. */
  restingOrder(units: number): ApprovedOrder;
  /** An order that the venue refuses. */
  refusedOrder(): ApprovedOrder;
  /** The order that closes `opened` whole, resting as well. */
  closingOrder(opened: ApprovedOrder): ApprovedOrder;
  /** The same order with another limit that still rests. */
  repriced(order: ApprovedOrder): ApprovedOrder;
  /** Calls the gateway and performs its effects, without waiting for any answer. */
  call(use: (gateway: OrderGateway, at: At) => readonly GatewayEffect[]): BrokerEvent[];
  /** Lets the venue answer everything that is under way. */
  answer(): BrokerEvent[];
  /** The venue trades so many units of a resting order. */
  trade(intentId: string, units: number): BrokerEvent[];
  /** Why an opening that filled in part is not moved, where the adapter declares that it is not. */
  readonly partlyFilledStays?: string;
}

function send(rig: GatewayRig, order: ApprovedOrder): BrokerEvent[] {
  return rig.call((gateway, at) => gateway.submit(order, at));
}

function place(rig: GatewayRig, order: ApprovedOrder): BrokerEvent[] {
  return [...send(rig, order), ...rig.answer()];
}

function cancel(rig: GatewayRig, intentId: string): BrokerEvent[] {
  const events = rig.call((gateway, at) => gateway.cancel(intentId, at));
  return [...events, ...rig.answer()];
}

function ofOrder(events: readonly BrokerEvent[], intentId: string): BrokerEvent[] {
  return events.filter((event) => {
    if (event.kind === 'fill') return event.fill.intentId === intentId;
    return 'intentId' in event && event.intentId === intentId;
  });
}

function fills(events: readonly BrokerEvent[]): Fill[] {
  return events.flatMap((event) => (event.kind === 'fill' ? [event.fill] : []));
}

function snapshot(rig: GatewayRig) {
  let taken: ReturnType<OrderGateway['snapshot']>;
  rig.call((gateway, at) => {
    taken = gateway.snapshot(at);
    return [];
  });
  return taken;
}

function working(rig: GatewayRig): string[] {
  return (snapshot(rig)?.workingOrders ?? []).map((order) => order.intentId);
}

/** Net price of fills per unit. */
function netOf(all: readonly Fill[], units: number): number {
  return all.reduce((net, f) => net - legSign(f.action) * f.price * f.quantity, 0) / units;
}

/** Runs the suite on fresh rigs. */
export function orderGatewayContract(name: string, makeRig: () => GatewayRig): void {
  describe(`${name} as an order gateway`, () => {
    describe('capabilities', () => {
      it('stop openings before flattening, and flatten before the deadline', () => {
        const { capabilities } = makeRig().gateway;
        const { openingCutoffMinutes, flattenStartMinutes, flattenDeadlineMinutes } = capabilities;
        expect(openingCutoffMinutes).toBeLessThan(flattenStartMinutes);
        expect(flattenStartMinutes).toBeLessThan(flattenDeadlineMinutes);
        expect(flattenDeadlineMinutes).toBeLessThan(16 * 60);
        expect(capabilities.maxLegs).toBeGreaterThanOrEqual(1);
      });
    });

    describe('submit', () => {
      it('claims nothing before the venue has answered', () => {
        const rig = makeRig();
        expect(send(rig, rig.restingOrder(1))).toEqual([]);
        expect(working(rig)).toEqual([]);
      });

      it('reports an accepted order once, under its broker order id', () => {
        const rig = makeRig();
        const order = rig.restingOrder(2);
        const { intentId } = order.intent;
        const events = ofOrder(place(rig, order), intentId);
        expect(events.map((event) => event.kind)).toEqual(['accepted']);
        const [found] = snapshot(rig)?.workingOrders ?? [];
        expect(events[0]).toMatchObject({ brokerOrderId: found?.brokerOrderId });
        expect(found).toMatchObject({ intentId, remaining: 2, limit: order.intent.limit });
      });

      it('reports a refusal with its reason, and nothing works', () => {
        const rig = makeRig();
        const order = rig.refusedOrder();
        const [event, ...others] = ofOrder(place(rig, order), order.intent.intentId);
        expect(event?.kind).toBe('rejected');
        expect(event !== undefined && 'reason' in event ? event.reason : '').not.toBe('');
        expect(others).toEqual([]);
        expect(working(rig)).toEqual([]);
      });

      it('never makes a second order of one client id where the broker dedupes', () => {
        const rig = makeRig();
        if (rig.gateway.capabilities.dedupe !== 'clientId') return;
        const order = rig.restingOrder(1);
        place(rig, order);
        const again = ofOrder(place(rig, order), order.intent.intentId);
        expect(again.filter(({ kind }) => kind === 'rejected' || kind === 'fill')).toEqual([]);
        expect(working(rig)).toEqual([order.intent.intentId]);
      });
    });

    describe('a dry run', () => {
      const dryRun = (rig: GatewayRig, { intent }: ApprovedOrder): BrokerEvent[] => [
        ...rig.call((gateway, at) => gateway.dryRun(intent, at)),
        ...rig.answer(),
      ];

      it('answers once with what the broker reckons, or that it offers none, and sends nothing', () => {
        const rig = makeRig();
        const order = rig.restingOrder(2);
        const events = dryRun(rig, order);
        const isOffered = rig.gateway.capabilities.preview === 'broker';
        const outcome = isOffered ? 'passed' : 'failed';
        const { intentId } = order.intent;
        expect(events).toMatchObject([{ kind: 'dryRun', intentId, dryRun: { outcome } }]);
        expect(working(rig)).toEqual([]);
        expect(snapshot(rig)?.fills ?? []).toEqual([]);
      });

      it('of an order that the broker would not take is a refusal with its reason', () => {
        const rig = makeRig();
        if (rig.gateway.capabilities.preview === 'local') return;
        expect(dryRun(rig, rig.refusedOrder())).toMatchObject([
          { dryRun: { outcome: 'refused', reason: expect.stringMatching(/./) } },
        ]);
      });

      it('leaves the order free to be sent, once', () => {
        const rig = makeRig();
        const order = rig.restingOrder(1);
        const { intentId } = order.intent;
        dryRun(rig, order);
        const kinds = ofOrder(place(rig, order), intentId).map(({ kind }) => kind);
        expect(kinds).toEqual(['accepted']);
        expect(working(rig)).toEqual([intentId]);
      });
    });

    describe('fills', () => {
      it('come for every leg in its ratio, at the limit or better, each with its own id', () => {
        const rig = makeRig();
        const order = rig.restingOrder(2);
        place(rig, order);
        const { legs, limit, intentId } = order.intent;
        const all = fills(ofOrder(rig.trade(intentId, 2), intentId));
        for (const leg of legs) {
          const its = all.filter((fill) => fill.action === leg.action);
          expect(its.reduce((sum, fill) => sum + fill.quantity, 0)).toBe(2 * leg.ratio);
        }
        expect(new Set(all.map((fill) => fill.fillId)).size).toBe(all.length);
        expect(netOf(all, 2)).toBeGreaterThanOrEqual(limit);
        expect(all.every((fill) => fill.feesCents >= 0 && fill.price > 0)).toBe(true);
      });

      it('in part leave the rest working', () => {
        const rig = makeRig();
        const order = rig.restingOrder(3);
        place(rig, order);
        rig.trade(order.intent.intentId, 1);
        expect(snapshot(rig)?.workingOrders).toMatchObject([{ remaining: 2 }]);
        const rest = fills(rig.trade(order.intent.intentId, 2));
        expect(rest.length).toBeGreaterThan(0);
        expect(working(rig)).toEqual([]);
      });

      it('show as positions, and are gone when closed', () => {
        const rig = makeRig();
        const opened = rig.restingOrder(1);
        place(rig, opened);
        rig.trade(opened.intent.intentId, 1);
        const positions = snapshot(rig)?.positions ?? [];
        expect(positions).toHaveLength(opened.intent.legs.length);
        for (const { instrument, action, ratio } of opened.intent.legs) {
          const quantity = legSign(action) * ratio;
          const held = { symbol: instrumentSymbol(instrument), quantity };
          expect(positions).toContainEqual(expect.objectContaining(held));
        }
        const closing = rig.closingOrder(opened);
        place(rig, closing);
        rig.trade(closing.intent.intentId, 1);
        expect(snapshot(rig)?.positions).toEqual([]);
      });
    });

    describe('findByIntent', () => {
      const find = (rig: GatewayRig, intentId: string) => [
        ...rig.call((gateway, at) => gateway.findByIntent(intentId, at)),
        ...rig.answer(),
      ];

      it('of an order nobody sent says that a complete history lacks it, and when it was read', () => {
        const [event, ...others] = find(makeRig(), '20260804-999999');
        expect(event).toMatchObject({
          kind: 'searched',
          intentId: '20260804-999999',
          search: { outcome: 'absent', takenAt: expect.anything() },
        });
        expect(others).toEqual([]);
      });

      it('restates a working order with what it filled, and ends with how it stands', () => {
        const rig = makeRig();
        const order = rig.restingOrder(3);
        const { intentId } = order.intent;
        place(rig, order);
        const told = fills(rig.trade(intentId, 1)).map(({ fillId }) => fillId);
        const events = ofOrder(find(rig, intentId), intentId);
        expect(events[0]?.kind).toBe('accepted');
        expect(fills(events).map(({ fillId }) => fillId)).toEqual(told);
        expect(events.at(-1)).toMatchObject({
          kind: 'searched',
          search: { outcome: 'found', standing: 'working' },
        });
      });

      it('restates an end as it was', () => {
        const rig = makeRig();
        const cancelled = rig.restingOrder(1);
        place(rig, cancelled);
        cancel(rig, cancelled.intent.intentId);
        const refused = rig.refusedOrder();
        place(rig, refused);
        const ends = [cancelled, refused].map(({ intent }) =>
          ofOrder(find(rig, intent.intentId), intent.intentId).map(({ kind }) => kind),
        );
        expect(ends).toEqual([
          ['accepted', 'cancelled', 'searched'],
          ['rejected', 'searched'],
        ]);
      });

      it('changes nothing at the venue', () => {
        const rig = makeRig();
        const order = rig.restingOrder(2);
        place(rig, order);
        const { workingOrders, endedOrders, fills: executions } = snapshot(rig) ?? {};
        find(rig, order.intent.intentId);
        find(rig, '20260804-999999');
        expect(snapshot(rig)).toMatchObject({ workingOrders, endedOrders, fills: executions });
      });
    });

    describe('the snapshot', () => {
      it('holds each execution that was told, under the same id', () => {
        const rig = makeRig();
        const order = rig.restingOrder(2);
        place(rig, order);
        const told = fills(rig.trade(order.intent.intentId, 1));
        expect(snapshot(rig)?.fills).toEqual(told);
        expect(told.every(({ marketAt }) => marketAt >= (snapshot(rig)?.fillsSince ?? 0))).toBe(
          true,
        );
      });

      it('lists an order as working or as ended, never as both', () => {
        const rig = makeRig();
        const [filled, cancelled, resting] = [1, 1, 1].map((units) => rig.restingOrder(units));
        for (const order of [filled, cancelled, resting]) place(rig, order!);
        cancel(rig, cancelled!.intent.intentId);
        rig.trade(filled!.intent.intentId, 1);
        const { workingOrders = [], endedOrders = [] } = snapshot(rig) ?? {};
        const ids = [...workingOrders, ...endedOrders].map(({ intentId }) => intentId);
        expect(new Set(ids).size).toBe(ids.length);
        const ends = new Map(endedOrders.map((order) => [order.intentId, order.standing]));
        expect(ends.get(cancelled!.intent.intentId)).toBe('cancelled');
      });
    });

    describe('cancel', () => {
      it('ends a working order with what was left, and nothing fills after it', () => {
        const rig = makeRig();
        const order = rig.restingOrder(3);
        const { intentId } = order.intent;
        place(rig, order);
        rig.trade(intentId, 1);
        const events = ofOrder(cancel(rig, intentId), intentId);
        expect(events).toMatchObject([{ kind: 'cancelled', remaining: 2 }]);
        expect(working(rig)).toEqual([]);
        expect(fills(rig.trade(intentId, 1))).toEqual([]);
      });

      it('of a filled order is refused', () => {
        const rig = makeRig();
        const order = rig.restingOrder(1);
        place(rig, order);
        rig.trade(order.intent.intentId, 1);
        const events = ofOrder(cancel(rig, order.intent.intentId), order.intent.intentId);
        expect(events.map(({ kind }) => kind)).toEqual(['cancelRejected']);
      });

      it('of an order nobody knows is refused', () => {
        const events = cancel(makeRig(), '20260804-999999');
        expect(events).toMatchObject([{ kind: 'cancelRejected', intentId: '20260804-999999' }]);
      });
    });

    describe('reprice', () => {
      const move = (rig: GatewayRig, order: ApprovedOrder) => {
        const moved = rig.repriced(order);
        const events = [...rig.call((gateway, at) => gateway.reprice(moved, at)), ...rig.answer()];
        return { limit: moved.intent.limit, events: ofOrder(events, order.intent.intentId) };
      };

      it('moves the limit of an order under the same intent', () => {
        const rig = makeRig();
        const order = rig.restingOrder(2);
        place(rig, order);
        const { limit, events } = move(rig, order);
        expect(events).toMatchObject([{ kind: 'replaced', limit }]);
        const { intentId } = order.intent;
        expect(snapshot(rig)?.workingOrders).toMatchObject([{ intentId, limit, remaining: 2 }]);
      });

      it('keeps what was filled, and moves the rest or says that it does not', () => {
        const rig = makeRig();
        const order = rig.restingOrder(2);
        place(rig, order);
        rig.trade(order.intent.intentId, 1);
        const { limit, events } = move(rig, order);
        const stays = rig.partlyFilledStays !== undefined;
        const kind = stays ? 'cancelRejected' : 'replaced';
        expect(events.map((event) => event.kind)).toEqual([kind]);
        const standing = { limit: stays ? order.intent.limit : limit, remaining: 1 };
        expect(snapshot(rig)?.workingOrders).toMatchObject([standing]);
      });

      it('of an ended order is refused', () => {
        const rig = makeRig();
        const order = rig.restingOrder(1);
        place(rig, order);
        cancel(rig, order.intent.intentId);
        const moved = rig.repriced(order);
        const events = [...rig.call((gateway, at) => gateway.reprice(moved, at)), ...rig.answer()];
        expect(events).toMatchObject([{ kind: 'cancelRejected', intentId: order.intent.intentId }]);
      });
    });
  });
}
