import { describe, expect, it } from 'vitest';
import { parseTastyOrder } from '../../../src/broker/tastytrade/tasty-order.ts';
import { ACCOUNT, kindsOf, SPREAD, TastyRig } from './tasty-rig.ts';

const LEGLESS = [{}, { legs: null }, { legs: [] }];

/** An order of two spreads, of which one is filled. */
function halfFilled() {
  const rig = new TastyRig();
  rig.connect();
  const intent = rig.intent(SPREAD, 0.6, 2);
  const { intentId } = intent;
  rig.place(intent);
  rig.venue.orders.fill(rig.head(intentId), 1);
  rig.pass(6_000);
  return { rig, intentId, id: rig.head(intentId) };
}

function workingIn(rig: TastyRig): unknown {
  const { workingOrders = [], endedOrders = [] } = rig.gateway.snapshot(rig.at()) ?? {};
  return [...workingOrders, ...endedOrders].map(({ intentId, remaining }) => [intentId, remaining]);
}

/** Each list of orders holds the row without legs, and without its tag where that is asked. */
function stripLists(rig: TastyRig, id: number, isTagged: boolean): void {
  const handle = rig.venue.handle.bind(rig.venue);
  rig.venue.handle = (request) => {
    const reply = handle(request);
    if (request.method !== 'GET' || !request.url.includes('/orders')) return reply;
    const { items = [] } = (reply.body as { data?: { items?: { id: number }[] } }).data ?? {};
    const stripped = items.map((item) => {
      const tag = isTagged ? {} : { 'external-identifier': null };
      return item.id === id ? { ...item, legs: [], ...tag } : item;
    });
    return { ...reply, body: { data: { items: stripped } } };
  };
}

describe('an order without legs', () => {
  it.each(LEGLESS)('cannot be read (%o)', (legs) => {
    expect(parseTastyOrder({ id: 1, status: 'Cancelled', ...legs })).toBeUndefined();
  });

  it.each(['Cancelled', 'Filled', 'Live'])(
    'as the stream tells it is not one that is %s',
    (status) => {
      const { rig, intentId, id } = halfFilled();
      const at = rig.venue.clock.millis + 10;
      const data = { id, 'account-number': ACCOUNT, status, 'updated-at': at, price: '0.6' };
      const text = JSON.stringify({ type: 'Order', data, timestamp: 1 });
      const heard = rig.call((gateway, now) => gateway.onWire({ kind: 'socketFrame', text }, now));
      expect(kindsOf([...heard, ...rig.pass(9_000)], intentId)).toEqual([]);
      expect(workingIn(rig)).toEqual([[intentId, 1]]);
    },
  );

  it.each([true, false])(
    'that is ours makes its list a missed one (its tag is there: %s)',
    (isTagged) => {
      const { rig, intentId, id } = halfFilled();
      const before = rig.gateway.snapshot(rig.at())?.asOf.wall;
      stripLists(rig, id, isTagged);
      expect(kindsOf(rig.pass(9_000), intentId)).toEqual([]);
      expect(rig.gateway.snapshot(rig.at())?.asOf.wall).toBe(before);
      expect(workingIn(rig)).toEqual([[intentId, 1]]);
    },
  );
});
