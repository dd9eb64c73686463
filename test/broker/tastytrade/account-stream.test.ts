import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { AccountStream } from '../../../src/broker/tastytrade/account-stream.ts';
import { kindsOf, SPREAD, TastyRig } from './tasty-rig.ts';

function connections(events: readonly BrokerEvent[]) {
  return events.flatMap((e) => (e.kind === 'connection' ? [[e.connected, e.detail]] : []));
}

function connected(): TastyRig {
  const rig = new TastyRig();
  rig.connect();
  return rig;
}

describe("tastytrade's account stream", () => {
  it('says hello, beats every twenty seconds, and stays', () => {
    const rig = new TastyRig();
    expect(connections(rig.connect())).toEqual([[true, 'the stream is live']]);
    expect(connections(rig.pass(180_000, 500))).toEqual([]);
    expect(rig.venue.stream.heartbeats).toBeGreaterThanOrEqual(9);
    expect(rig.venue.stream.heartbeats).toBeLessThanOrEqual(10);
    expect(rig.venue.stream.connected).toBe(1);
  });

  it('goes on over the end of a token: each message carries the newest', () => {
    const rig = connected();
    const { login } = rig.venue;
    const before = login.logins;
    rig.pass(910_000, 1_000);
    expect(login.logins).toBeGreaterThan(before);
    expect(rig.venue.stream.connected).toBe(1);
  });

  it('that answers nothing any more is given up and comes back with a new picture', () => {
    const rig = connected();
    rig.venue.stream.isHalfOpen = true;
    const lost = connections(rig.pass(46_000, 500));
    expect(lost).toEqual([[false, 'the account stream answers no heartbeats']]);
    rig.venue.stream.isHalfOpen = false;
    const back = rig.pass(40_000, 500);
    expect(connections(back).at(-1)).toEqual([true, 'the stream is live']);
    const { asOf } = rig.gateway.snapshot(rig.at()) ?? {};
    expect(asOf?.wall).toBeGreaterThan(rig.at().wall - 30_000_000);
  });

  it('refused at its hello is tried again', () => {
    const rig = new TastyRig();
    rig.wire.keepsLogin = false;
    rig.wire.open();
    const refused = [false, 'the account stream refused connect: unauthorized'];
    expect(new Set(connections(rig.pass(3_000)).map(String))).toEqual(new Set([String(refused)]));
    rig.wire.keepsLogin = true;
    expect(connections(rig.pass(3_000)).at(-1)).toEqual([true, 'the stream is live']);
  });

  it('that ends before it answered its hello may have been refused its login: another is fetched', () => {
    const stream = new AccountStream('SIM', 'deltaring/test');
    const at = new TastyRig().at();
    stream.onOpen(at);
    expect(stream.onClosed()).toEqual([{ kind: 'loginDoubted' }]);
    expect(stream.onClosed()).toEqual([]);
    stream.onOpen(at);
    stream.onFrame('{"status":"ok","action":"connect","request-id":1}', at);
    expect(stream.onClosed()).toEqual([]);
  });

  it('repeats nothing: what happened while it was away is read from the lists', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1, 2);
    rig.place(intent);
    rig.wire.cut();
    rig.venue.orders.fill(rig.head(intent.intentId), 2);
    const events = rig.pass(10_000);
    expect(connections(events)).toEqual([
      [false, 'the network went away'],
      [true, 'the stream is live'],
    ]);
    expect(kindsOf(events, intent.intentId)).toEqual(['fill', 'fill']);
  });

  it('counts each execution once, however often, late, batched or leg by leg it is told', () => {
    const rig = connected();
    Object.assign(rig.venue.orders.knobs, { repeats: true, batches: true });
    const intent = rig.intent(SPREAD, 1, 2);
    const placed = rig.place(intent);
    rig.venue.orders.fill(rig.head(intent.intentId), 1);
    rig.venue.orders.fill(rig.head(intent.intentId), 1);
    const events = [...placed, ...rig.pass(12_000)];
    expect(kindsOf(events, intent.intentId)).toEqual(['accepted', 'fill', 'fill', 'fill', 'fill']);
    expect(rig.gateway.snapshot(rig.at())?.endedOrders).toMatchObject([{ standing: 'filled' }]);
  });

  it('reads past frames that it has no word for', () => {
    const rig = connected();
    const strange = [
      'no json',
      '[]',
      '{"type":"QuoteAlert","data":{}}',
      '{"type":"Order","data":{"id":7}}',
      '{"type":"Order","data":{"id":7,"status":"Dreaming","legs":[{"symbol":"/ESZ6","action":"Buy","quantity":1}]}}',
      '{"results":[{"type":"UserMessage","data":1},null]}',
    ];
    for (const text of strange) {
      const input = { kind: 'socketFrame', text } as const;
      expect(rig.call((gateway, at) => gateway.onWire(input, at))).toEqual([]);
    }
  });
});
