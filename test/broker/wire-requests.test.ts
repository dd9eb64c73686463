import { describe, expect, it } from 'vitest';
import type { GatewayEffect } from '../../src/broker/order-gateway.ts';
import { WireRequests } from '../../src/broker/wire-requests.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';

const at = (seconds: number) => {
  const micros = epochMicros(1_000_000_000 + seconds * 1_000_000);
  return { market: micros, wall: micros };
};

function requests(): WireRequests {
  const second = { windowMicros: 1_000_000 };
  return new WireRequests({
    all: { limit: 10, ...second },
    keptForOrders: 2,
    keptForExits: 9,
    endpoints: { a: { limit: 1, ...second } },
  });
}

const paths = (effects: readonly GatewayEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'httpSend' ? [effect.path] : []));

describe('the requests of an adapter', () => {
  it('wait for their endpoint, in order, and hold up no other', () => {
    const wire = requests();
    const read = (endpoint: string, path: string) =>
      paths(wire.read({ endpoint, path }, at(0), () => []));
    expect(read('a', '/a1')).toEqual(['/a1']);
    expect(read('a', '/a2')).toEqual([]);
    expect(read('b', '/b1')).toEqual(['/b1']);
    expect(paths(wire.onClock(at(0.9)))).toEqual([]);
    expect(paths(wire.onClock(at(1)))).toEqual(['/a2']);
  });

  it('are answered once each, by number', () => {
    const wire = requests();
    const heard: string[] = [];
    const [send] = wire.read({ endpoint: 'a', path: '/a' }, at(0), (answer) => {
      heard.push(answer.requestId);
      return [{ kind: 'socketSend', text: 'next' }];
    });
    const requestId = send?.kind === 'httpSend' ? send.requestId : '';
    const answer = { kind: 'httpResponse', requestId, status: 200, body: '' } as const;
    expect(wire.onAnswer(answer, at(0))).toEqual([{ kind: 'socketSend', text: 'next' }]);
    expect(wire.onAnswer(answer, at(0))).toEqual([]);
    expect(heard).toEqual([requestId]);
  });

  it('that open are marked and may be refused a turn; exits never are', () => {
    const wire = requests();
    const change = (opening: boolean) =>
      wire.change({ method: 'POST', path: '/o', opening }, at(0), () => []);
    expect(change(true)).toMatchObject([{ kind: 'httpSend', opening: true }]);
    expect(change(true)).toBeUndefined();
    const exits = Array.from({ length: 12 }, () => change(false));
    expect(exits.every((effects) => effects?.length === 1)).toBe(true);
    expect(exits[0]?.[0]).not.toHaveProperty('opening');
  });
});
