/** Lists of orders at Alpaca: read to their end, page by page, and as old as they were asked for. */

import { describe, expect, it } from 'vitest';
import type { BrokerEvent, GatewayEffect } from '../../../src/broker/order-gateway.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, sessionDate } from '../../../src/engine/domain/units.ts';
import { serve } from '../../support/alpaca/stub-routes.ts';
import { sharesLeg } from '../../support/legs.ts';
import { AlpacaRig, FOREIGN, witness } from './alpaca-rig.ts';

const SECOND = 1_000_000;

/** Orders of somebody else, so many at each of some moments. */
function placeGroups(rig: AlpacaRig, ...sizes: readonly number[]): void {
  for (const size of sizes) {
    rig.now = addMicros(rig.now, SECOND / 100);
    rig.venue.advance(rig.now);
    for (let order = 0; order < size; order += 1)
      rig.venue.place({ ...FOREIGN, limit_price: '0.01' });
  }
}

/** Performs requests, each answered a second after it was asked, until nothing more is asked. */
function answerLate(
  rig: AlpacaRig,
  asked: readonly GatewayEffect[],
  onServed: (path: string) => void = () => undefined,
): readonly BrokerEvent[] {
  const events: BrokerEvent[] = [];
  let open = asked;
  while (open.length > 0) {
    rig.now = addMicros(rig.now, SECOND);
    rig.venue.advance(rig.now);
    open = open.flatMap((effect): readonly GatewayEffect[] => {
      if (effect.kind === 'event') events.push(effect.event);
      if (effect.kind !== 'httpSend') return [];
      const { requestId, method, path, body } = effect;
      const { status, body: text } = serve(rig.venue, { method, path, body });
      onServed(path);
      const answer = { kind: 'httpResponse', requestId, status, body: text } as const;
      return rig.gateway.onWire(answer, rig.at());
    });
  }
  return events;
}

describe('a list of orders', () => {
  it.each([
    ['a full page and one', [499, 1, 1]],
    ['two full pages', [300, 200, 250, 250]],
    ['pages that end among orders of one moment', [300, 300, 300, 300]],
  ])('is read to its end: %s', (_, sizes) => {
    const rig = new AlpacaRig();
    placeGroups(rig, ...sizes);
    rig.pass();
    const count = sizes.reduce((sum, size) => sum + size, 0);
    expect(rig.snapshot().workingOrders).toHaveLength(count);
  });

  it('holds the exits that are rolled up under an order, and ends where its rows do', () => {
    const rig = new AlpacaRig();
    for (let order = 0; order < 200; order += 1) rig.placeBracket();
    const before = rig.sent('GET /v2/orders?status=all').length;
    rig.pass();
    expect(rig.snapshot().workingOrders).toHaveLength(600);
    const asked = rig.sent('GET /v2/orders?status=all').slice(before);
    expect(new Set(asked).size).toBe(1);
  });

  it('that does not hold an order is no proof of later than it was asked for', () => {
    const rig = new AlpacaRig();
    placeGroups(rig, 300, 300);
    const askedAt = rig.at();
    const asked = rig.gateway.findByIntent('20260804-000042', askedAt);
    const events = answerLate(rig, asked);
    // By its client id first; the list was asked for once that was answered, and came in two pages.
    const takenAt = addMicros(askedAt.wall, SECOND);
    expect(events.at(-1)).toMatchObject({
      kind: 'searched',
      search: { outcome: 'absent', takenAt: { wall: takenAt } },
    });
  });

  /** An order of which no answer came, given at eight in the evening for the session to come. */
  function givenInTheEvening() {
    const rig = new AlpacaRig({ minutes: 20 * 60, isConnected: false });
    rig.venue.account.apply({ executionId: 'e-1', symbol: 'SPY', quantity: 100, price: 640 });
    const drafted = rig.intent([sharesLeg('sellToClose', 1)], 640, 100);
    const order = witness({ ...drafted, intentId: '20260805-000001' });
    rig.wires.faults.onRequest('POST /v2/orders', 'dropAnswer');
    rig.submit(order);
    rig.pass(0.2);
    rig.now = newYorkInstant(sessionDate('2026-08-05'), 8 * 60);
    return { rig, intentId: order.intent.intentId };
  }

  it('is read from the day on which the broker took an order, though it is of the next session', () => {
    const { rig, intentId } = givenInTheEvening();
    const events = answerLate(rig, rig.gateway.findByIntent(intentId, rig.at()));
    expect(events.at(-1)).toMatchObject({ kind: 'searched', search: { outcome: 'found' } });
  });

  it('proves nothing where it lacks an order that the broker knows by its client id', () => {
    const { rig, intentId } = givenInTheEvening();
    const asked = rig.gateway.findByIntent(intentId, rig.at());
    const events = answerLate(rig, asked, (target) => {
      if (target.includes('by_client_order_id')) rig.venue.orders.splice(0);
    });
    expect(events.at(-1)).toMatchObject({
      kind: 'searched',
      search: { outcome: 'incomplete', evidence: expect.stringContaining('its list lacks it') },
    });
  });
});
