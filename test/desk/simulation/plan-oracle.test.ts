import { describe, expect, it } from 'vitest';
import type { Input } from '../../../src/desk/inputs.ts';
import { PlanOracle } from '../../../src/desk/simulation/plan-oracle.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { ExitPlan } from '../../../src/engine/domain/order.ts';
import {
  addMicros,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  price,
  priceFromDollars,
} from '../../../src/engine/domain/units.ts';
import { putBar } from '../../support/breakout-rig.ts';
import { callSideCosts, sideCosts } from '../../support/condor-costs.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';

/** The record of an opening as it would stand with other words in its plan. */
function planned(record: AuditRecord, plan: Partial<ExitPlan>): AuditRecord {
  const { body } = record;
  if (body.kind !== 'intentRecorded' || body.intent.exitPlan === undefined) return record;
  const exitPlan = { ...body.intent.exitPlan, ...plan };
  return { ...record, body: { ...body, intent: { ...body.intent, exitPlan } } };
}

/** An open condor whose desk follows its own plan, and an oracle that was told of another one. */
function watching(planOf: (rig: DeskRig) => Partial<ExitPlan>) {
  const rig = new DeskRig();
  rig.open();
  const said: string[] = [];
  const oracle = new PlanOracle(
    (what) => said.push(what),
    () => undefined,
  );
  const step = rig.step.bind(rig);
  rig.step = (input: Input) => {
    oracle.onInput(input);
    step(input);
    oracle.afterStep(rig.desk.context);
  };
  oracle.onInput({ kind: 'listing', at: rig.at, listing: rig.listing() });
  rig.openPosition(CONDOR);
  for (const record of rig.records()) oracle.onRecord(planned(record, planOf(rig)));
  // What was just traded may still be at rest.
  rig.advance(60);
  said.length = 0;
  return { rig, oracle, said };
}

describe('what a plan asks for', () => {
  it('is no matter while nothing of it has come', () => {
    const { rig, said } = watching(() => ({}));
    rig.advance(60);
    expect(said).toEqual([]);
  });

  it('is missed where a target is reached and nothing closes', () => {
    const { rig, said } = watching(() => ({
      target: { kind: 'debitAtOrBelow', price: price(30_000) },
    }));
    rig.advance(30);
    expect(said[0]).toContain('the target of');
  });

  it('is missed where its time has come and nothing closes', () => {
    const { rig, said } = watching(({ at }) => ({
      timeExitAt: addMicros(at.market, 70 * MICROS_PER_SECOND),
    }));
    expect(said).toEqual([]);
    rig.advance(40);
    expect(said[0]).toContain('the time exit of');
  });

  it('is waited for from the first look on that shows it due', () => {
    const { rig, oracle } = watching(({ at }) => ({
      timeExitAt: addMicros(at.market, 70 * MICROS_PER_SECOND),
    }));
    expect(oracle.isWaiting).toBe(false);
    rig.advance(12);
    expect(oracle.isWaiting).toBe(true);
  });

  it('is missed where a stop is broken and nothing closes', () => {
    const { rig, said } = watching(() => ({
      stop: { kind: 'debitAtOrAbove', price: price(1_000) },
    }));
    rig.advance(30);
    expect(said[0]).toContain('the stop of');
  });

  it.each([
    [600.9, false],
    [601.1, true],
  ])('with the price at %s is missed at once where it has passed a short: %s', (spot, isMissed) => {
    const { rig, said } = watching(() => ({
      sideStop: { debit: price(10_000) },
      confirmation: 'patient',
    }));
    callSideCosts(rig, 1.05);
    rig.quotes(spot);
    rig.advance(10);
    expect(said.some((what) => what.includes('the stop of'))).toBe(isMissed);
  });

  it('is missed where the trail of the best gain in the journal is broken and nothing closes', () => {
    const { rig, oracle, said } = watching(() => ({
      trail: { afterGain: price(1_000), keepFraction: 0.5 },
    }));
    rig.advance(30);
    expect(said).toEqual([]);
    const [record] = rig.records();
    const { positionId = '' } = rig.positions()[0] ?? {};
    const body = { kind: 'trailRaised', positionId, bestGain: 5_000 } as const;
    if (record !== undefined) oracle.onRecord({ ...record, body });
    rig.advance(30);
    expect(said[0]).toContain('the trail of');
  });

  it('is missed where a gain stands from which on a stop trails and the journal has none', () => {
    const { rig, said } = watching(() => ({
      trail: { afterGain: price(1_000), keepFraction: 0.5 },
    }));
    for (const side of ['call', 'put'] as const) sideCosts(rig, side, 0.5);
    rig.advance(10);
    expect(said).toEqual([]);
    rig.advance(10);
    expect(said[0]).toContain('the first gain of');
  });

  it('is missed where a minute has closed beyond the other side of the range and nothing closes', () => {
    const { rig, said } = watching(() => ({
      rangeExit: { closes: 'below', level: priceFromDollars(598) },
    }));
    const minute = Math.ceil((rig.at.market - rig.session.open) / MICROS_PER_MINUTE) + 4;
    putBar(rig, minute - 20, 597);
    putBar(rig, minute, 597);
    rig.goTo(570 + minute + 1);
    rig.advance(20);
    expect(said).toEqual([]);
    putBar(rig, minute + 1, 600);
    rig.advance(20);
    expect(said[0]).toContain('the opposite break of');
  });
});
