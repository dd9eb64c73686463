import { describe, expect, it } from 'vitest';
import { TargetOracle } from '../../../src/desk/simulation/target-oracle.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { centsFromDollars, price } from '../../../src/engine/domain/units.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { CONDOR, CONSOLE, DeskRig, type RigOptions } from '../../support/desk-rig.ts';
import { listen } from '../../support/oracle-ear.ts';

/** The record of an opening as it would stand with its target a tick further away. */
function further(record: AuditRecord): AuditRecord {
  const { body } = record;
  const { target, ...plan } = body.kind === 'intentRecorded' ? (body.intent.exitPlan ?? {}) : {};
  if (body.kind !== 'intentRecorded' || target === undefined) return record;
  const { exitPlan } = body.intent;
  if (exitPlan === undefined) return record;
  const tick = target.kind === 'debitAtOrBelow' ? -100 : 100;
  const far = { ...target, price: price(target.price + tick) };
  const intent = { ...body.intent, exitPlan: { ...exitPlan, ...plan, target: far } };
  return { ...record, body: { ...body, intent } };
}

/** A rig, and an oracle that is told of its records so. */
function heard(options: RigOptions, heardAs: (record: AuditRecord) => AuditRecord) {
  const rig = new DeskRig(options);
  const said: string[] = [];
  const met: string[] = [];
  const oracle = new TargetOracle(
    (what) => said.push(what),
    (what) => met.push(what),
  );
  listen(rig, oracle, heardAs);
  return { rig, oracle, said, met };
}

/** A condor whose close for its target rests there, and an oracle that was told of the target so. */
function resting(heardAs: (record: AuditRecord) => AuditRecord = (same) => same) {
  const { rig, oracle, said, met } = heard({ exits: { profitTargetPercent: 50 } }, heardAs);
  const { exitPlan } = rig.openPosition(CONDOR);
  const target = (exitPlan?.target?.price ?? 0) / 10_000;
  const costs = (dollars: number): void => {
    sideCosts(rig, 'call', 0.11);
    sideCosts(rig, 'put', Math.round((dollars - 0.09) * 100) / 100);
  };
  costs(target - 0.1);
  rig.size = 0;
  rig.advance(3);
  costs(target + 0.2);
  rig.advance(60);
  rig.size = 50;
  return { rig, oracle, said, met, target, costs };
}

const STRADDLE_LIMITS = {
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 5_000,
};

/** A straddle whose put rests at its target alone, since nobody bids for its call. */
function halfResting(quantity: number, heardAs: (record: AuditRecord) => AuditRecord) {
  const { rig, said, met } = heard({ limits: STRADDLE_LIMITS }, heardAs);
  const { exitPlan } = rig.openPosition({ strategy: 'straddle_scan', strike: 600, quantity });
  const target = (exitPlan?.target?.price ?? 0) / 10_000;
  const shows = (put: number, callBid: number | undefined): void => {
    rig.edit = (_sides, right) =>
      right === 'put'
        ? { bid: target + put, ask: target + put + 0.02 }
        : { bid: callBid, ask: 0.03 };
  };
  rig.size = 0;
  shows(0.01, undefined);
  rig.advance(3);
  return { rig, said, met, shows };
}

/** Its call is bid for again, and sold for two cents; its put then for as much less than the target. */
function soldBeside(heardAs: (record: AuditRecord) => AuditRecord = (same) => same) {
  const { rig, said, met, shows } = halfResting(1, heardAs);
  shows(-0.02, 0.02);
  rig.size = 50;
  rig.advance(100);
  return { rig, said, met };
}

/** Of two one put is sold for more than the target, and the other for as much less. */
function soldUnevenly(heardAs: (record: AuditRecord) => AuditRecord = (same) => same) {
  const { rig, said, met, shows } = halfResting(2, heardAs);
  shows(0.05, undefined);
  rig.size = 1;
  rig.advance(1);
  rig.size = 0;
  shows(-0.05, undefined);
  rig.advance(100);
  rig.size = 50;
  rig.advance(30);
  return { rig, said, met };
}

describe('a close for a target', () => {
  it('may fill at the target', () => {
    const { rig, said, met, target, costs } = resting();
    costs(target);
    rig.advance(3);
    expect([rig.positions(), said, met]).toEqual([[], [], ['targetFilled']]);
  });

  it('is no close for it where it fills at worse, after a crash too', () => {
    for (const crashes of [false, true]) {
      const { rig, oracle, said, target, costs } = resting(further);
      if (crashes) oracle.onCrash(rig.records().map(further));
      costs(target);
      rig.advance(3);
      expect(said).toEqual([expect.stringContaining('for its target at 6')]);
    }
  });

  it('may bring less by what was sold of what it left', () => {
    const { rig, said, met } = soldBeside();
    expect([rig.positions(), said, met]).toEqual([[], [], ['targetFilled']]);
    expect(soldBeside(further).said).toEqual([expect.stringContaining('for its target at -')]);
  });

  it('may sell the last of units that what it left keeps open for what the others lack', () => {
    const { rig, said, met } = soldUnevenly();
    const [first = 0, last = 0] = rig.orders()[1]?.fills.map((fill) => fill.price) ?? [];
    expect([first - last > 800, said, met]).toEqual([true, [], ['targetFilled', 'targetFilled']]);
    expect(soldUnevenly(further).said).toEqual([expect.stringContaining('for its target at -')]);
  });

  it('may fill at any price once it was hurried', () => {
    const { rig, said, met } = resting(further);
    rig.send({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(5);
    expect([rig.positions(), said, met]).toEqual([[], [], []]);
  });

  it('is not judged where somebody else trades in the position meanwhile', () => {
    const { rig, oracle, said, target, costs } = resting(further);
    const [last] = rig.records().slice(-1);
    const [, close] = rig.orders();
    const [leg] = close?.intent.legs ?? [];
    if (last === undefined || leg === undefined) throw new Error('nothing closes');
    const trade = { instrument: leg.instrument, action: 'buyToClose', quantity: 1 } as const;
    const ids = { fillId: 'theirs', intentId: 'external-9', marketAt: rig.at.market };
    const fill = { ...ids, ...trade, price: price(100), feesCents: 0 };
    oracle.onRecord({
      ...last,
      body: { kind: 'brokerEvent', event: { kind: 'fill', fill } },
    } as AuditRecord);
    costs(target);
    rig.advance(3);
    expect(said).toEqual([]);
  });
});
