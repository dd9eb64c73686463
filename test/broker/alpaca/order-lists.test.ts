/** Lists of orders at Alpaca: read to their end, page by page, and as old as they were asked for. */

import { describe, expect, it } from 'vitest';
import type { BrokerEvent, GatewayEffect } from '../../../src/broker/order-gateway.ts';
import { addMicros } from '../../../src/engine/domain/units.ts';
import { serve } from '../../support/alpaca/stub-routes.ts';
import { AlpacaRig, FOREIGN } from './alpaca-rig.ts';

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
function answerLate(rig: AlpacaRig, asked: readonly GatewayEffect[]): readonly BrokerEvent[] {
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
    const before = rig.sent('GET /v2/orders?').length;
    rig.pass();
    expect(rig.snapshot().workingOrders).toHaveLength(600);
    const asked = rig.sent('GET /v2/orders?').slice(before);
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
});
