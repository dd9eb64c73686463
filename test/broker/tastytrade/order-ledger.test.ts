import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { OrderLedger } from '../../../src/broker/tastytrade/order-ledger.ts';
import { parseTastyOrder } from '../../../src/broker/tastytrade/tasty-order.ts';
import { epochMicros } from '../../../src/engine/domain/units.ts';
import { SPREAD, TastyRig } from './tasty-rig.ts';

const WALL = epochMicros(1);

/** Everything the venue told of one intent: placed, filled in part, replaced, filled whole. */
function toldFrames(): { readonly frames: readonly unknown[]; readonly rig: TastyRig } {
  const rig = new TastyRig();
  rig.connect();
  const frames: unknown[] = [];
  const tell = rig.venue.stream.tell.bind(rig.venue.stream);
  rig.venue.stream.tell = (frame) => {
    const { type, data } = frame as { type: string; data: unknown };
    if (type === 'Order') frames.push(data);
    tell(frame);
  };
  const intent = rig.intent(SPREAD, 1, 3, 'close');
  rig.place(intent);
  rig.venue.orders.fill(rig.head(intent.intentId), 1);
  const limit = { price: '0.9', 'price-effect': 'Credit' };
  rig.venue.orders.replace('', rig.head(intent.intentId), limit);
  rig.pass(200);
  rig.venue.orders.fill(rig.head(intent.intentId), 2);
  rig.pass(200);
  return { frames, rig };
}

function hear(frames: readonly unknown[]): BrokerEvent[] {
  const ledger = new OrderLedger([new TastyRig().intent(SPREAD, 1, 3, 'close')]);
  return frames.flatMap((frame) => {
    const order = parseTastyOrder(frame);
    return order === undefined ? [] : [...ledger.take(order, WALL)];
  });
}

describe('the ledger of orders', () => {
  const { frames } = toldFrames();

  it('tells a chain once, in order', () => {
    expect(hear(frames).map(({ kind }) => kind)).toEqual([
      'accepted',
      'fill',
      'fill',
      'replaced',
      'fill',
      'fill',
    ]);
  });

  it('comes to the same executions whatever order the frames come in, and however often', () => {
    const some = fc.shuffledSubarray([...frames, ...frames], {
      minLength: frames.length,
      maxLength: frames.length * 2,
    });
    fc.assert(
      fc.property(some, (order) => {
        const events = [...hear([...order, ...frames])];
        const fills = events.flatMap((e) => (e.kind === 'fill' ? [e.fill] : []));
        const sizes = fills.map(({ quantity }) => quantity).toSorted((a, b) => a - b);
        expect(sizes).toEqual([1, 1, 2, 2]);
        expect(new Set(fills.map(({ fillId }) => fillId)).size).toBe(4);
        const ends = events.filter(({ kind }) => kind === 'cancelled' || kind === 'rejected');
        expect(ends).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('gives an order of nobody here a name of its own, and its replacement the same', () => {
    const ledger = new OrderLedger([]);
    const events = frames.flatMap((frame) => {
      const order = parseTastyOrder(frame);
      return order === undefined ? [] : [...ledger.take(order, WALL)];
    });
    const names = events.flatMap((e) => ('intentId' in e ? [e.intentId] : []));
    expect(new Set(names)).toEqual(new Set(['external-301000']));
  });
});
