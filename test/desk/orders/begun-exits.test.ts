import { describe, expect, it } from 'vitest';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { centsFromDollars } from '../../../src/engine/domain/units.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import type { RigOptions } from '../../support/desk-rig.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const limits = {
  maxDailyLossCents: centsFromDollars(50_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 5_000,
};

/** A condor at a broker that takes no order of several legs, and what its call side costs; the put side
 * costs next to nothing. */
function condor(exits: RigOptions['exits'] = {}) {
  const rig = new DeskRig({ limits, exits });
  const { exitPlan } = rig.openPosition();
  rig.gateway.refuse = ({ legs }) =>
    legs.length === 1 ? undefined : { reason: 'insufficient qty', refusal: 'combination' };
  sideCosts(rig, 'put', 0.1);
  const callCosts = (dollars: number) => sideCosts(rig, 'call', dollars, { bid: 0.2, ask: 0.22 });
  return { rig, exitPlan, callCosts };
}

function held(rig: DeskRig): string[] {
  const legs = rig.positions().flatMap((position) => position.legs);
  return legs
    .filter(({ quantity }) => quantity !== 0)
    .map(({ instrument, quantity }) => `${quantity} ${instrumentSymbol(instrument).slice(-9)}`);
}

/** A condor whose call side is stopped, and whose short call alone has been bought back. */
function begun() {
  const { rig, exitPlan, callCosts } = condor();
  callCosts(((exitPlan?.sideStop?.debit ?? 0) / 10_000) * 1.6);
  for (let second = 0; second < 60 && held(rig).length === 4; second += 1) rig.advance(1);
  expect(held(rig)).toEqual(['1 P00594000', '-1 P00599000', '1 C00606000']);
  return { rig, callCosts };
}

describe('an exit whose legs the broker takes one at a time', () => {
  it('sells the long of a stopped side once its short is bought back, and leaves the other side', () => {
    const { rig } = begun();
    rig.advance(20);
    expect(held(rig)).toEqual(['1 P00594000', '-1 P00599000']);
    expect(rig.bodies('exitTriggered').at(-1)).toMatchObject({ reason: 'callSideStop' });
    rig.advance(60);
    expect(held(rig)).toEqual(['1 P00594000', '-1 P00599000']);
  });

  it('goes on after a restart', () => {
    const { rig } = begun();
    const again = rig.restart();
    again.advance(20);
    expect(held(again)).toEqual(['1 P00594000', '-1 P00599000']);
  });

  it('leaves a long that nobody bids for to expire', () => {
    const { rig, callCosts } = begun();
    callCosts(0.4);
    sideCosts(rig, 'call', 0.1, { bid: undefined, ask: 0.01 });
    rig.advance(30);
    expect(held(rig)).toContain('1 C00606000');
    expect(rig.alerts()).not.toContain('EXIT_REFUSED');
  });

  it('of the whole ends although its reason has passed', () => {
    const { rig, exitPlan, callCosts } = condor({ condorStop: 'whole' });
    callCosts(((exitPlan?.stop?.price ?? 0) / 10_000) * 1.5);
    for (let second = 0; second < 60 && held(rig).length === 4; second += 1) rig.advance(1);
    callCosts(0.3);
    rig.advance(60);
    expect(held(rig)).toEqual([]);
  });
});
