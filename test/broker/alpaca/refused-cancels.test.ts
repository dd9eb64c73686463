import { describe, expect, it } from 'vitest';
import { AlpacaRig, closingLegs, LONG_PUT, SHORT_PUT, witness } from './alpaca-rig.ts';

const SPREAD = [SHORT_PUT, LONG_PUT];

/** The close of a spread works, and the broker fails at each cancel. */
function failing() {
  const rig = new AlpacaRig();
  const opened = witness(rig.intent(SPREAD, 1, 1));
  rig.place(opened);
  rig.trade(opened.intent.intentId, 1);
  const close = witness(rig.intent(closingLegs(SPREAD), -0.3, 1, opened.intent.intentId));
  rig.place(close);
  rig.pass(5);
  rig.wires.faults.onRequest('DELETE', 'error500', 1_000);
  const cancels = () => rig.sent('DELETE').length;
  return { rig, close, cancels };
}

describe('a broker that fails at cancels', () => {
  it('is asked less and less often, and each refusal is told', () => {
    const { rig, close, cancels } = failing();
    const { intentId } = close.intent;
    let refusals = 0;
    let isAsked = false;
    for (let second = 0; second < 60; second += 1) {
      if (!isAsked) rig.call((gateway, at) => gateway.cancel(intentId, at));
      isAsked = rig.pass(1).every(({ kind }) => kind !== 'cancelRejected');
      refusals += isAsked ? 0 : 1;
    }
    expect(refusals).toBeGreaterThan(5);
    expect(cancels()).toBeGreaterThan(8);
    expect(cancels()).toBeLessThan(16);
    rig.wires.faults.clear();
    rig.call((gateway, at) => gateway.cancel(intentId, at));
    expect(rig.pass(10).map(({ kind }) => kind)).toContain('cancelled');
  });

  it('takes no new limit of a spread’s close that way: it is told as not proven after some tries', () => {
    const { rig, close, cancels } = failing();
    const told = [...rig.reprice(close, -0.35), ...rig.pass(10)];
    expect(told).toMatchObject([
      { kind: 'cancelRejected', reason: 'the broker keeps it working', refusal: 'unproven' },
    ]);
    expect(cancels()).toBe(4);
  });

  it('and takes one later carries it out when it will: the move goes on until then', () => {
    const { rig, close } = failing();
    rig.reprice(close, -0.35, 12);
    rig.wires.faults.clear();
    const order = rig.atVenue(close.intent.intentId);
    const carryOut = rig.venue.cancel.bind(rig.venue);
    rig.venue.cancel = () => undefined;
    expect(rig.reprice(close, -0.36, 2.5)).toEqual([]);
    rig.venue.cancel = carryOut;
    carryOut(order.id);
    expect(rig.pass(5)).toMatchObject([{ kind: 'replaced', limit: -3_600 }]);
    expect(rig.atVenue(close.intent.intentId)).toMatchObject({ status: 'new', limit: 36 });
  });

  it('and takes every second one is asked at the pace of its answers, and move and cancel are given up', () => {
    const { rig, close, cancels } = failing();
    rig.wires.faults.clear();
    rig.venue.cancel = () => undefined;
    rig.wires.onServed = (target) => {
      if (target.startsWith('DELETE')) rig.wires.faults.onRequest('DELETE', 'error500');
    };
    const unproven = { kind: 'cancelRejected', refusal: 'unproven' };
    expect(rig.reprice(close, -0.35, 60)).toMatchObject([unproven]);
    expect(cancels()).toBe(8);
    expect(rig.reprice(close, -0.36, 60)).toMatchObject([unproven]);
    expect(cancels()).toBe(16);
    rig.call((gateway, at) => gateway.cancel(close.intent.intentId, at));
    expect(rig.pass(30)).toMatchObject([{ kind: 'cancelRejected' }]);
  });

  it('and takes each without effect is asked for a move eight times, and then that is told', () => {
    const { rig, close, cancels } = failing();
    rig.wires.faults.clear();
    const carryOut = rig.venue.cancel.bind(rig.venue);
    rig.venue.cancel = () => undefined;
    expect(rig.reprice(close, -0.35, 8)).toEqual([]);
    // A newer limit is part of the same move.
    expect(rig.reprice(close, -0.36, 120)).toMatchObject([
      { kind: 'cancelRejected', reason: 'the broker keeps it working', refusal: 'unproven' },
    ]);
    expect(cancels()).toBe(8);
    rig.venue.cancel = carryOut;
    expect(rig.reprice(close, -0.37)).toMatchObject([{ kind: 'replaced', limit: -3_700 }]);
  });
});
