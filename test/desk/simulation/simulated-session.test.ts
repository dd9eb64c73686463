import { describe, expect, it } from 'vitest';
import { lacksOfCampaign, lacksOfSession } from '../../../bench/support/sessions/enough.ts';
import { PLANT_WORDS } from '../../../bench/support/sessions/plant-words.ts';
import { plantOf } from '../../../bench/support/sessions/plants.ts';
import { runJob, sessionOf } from '../../../bench/support/sessions/session-runs.ts';
import { REMOTE } from '../../../src/desk/simulation/remote-link.ts';
import type { FaultKind, PlannedFault } from '../../../src/desk/simulation/session-faults.ts';
import { FAULT_KINDS } from '../../../src/desk/simulation/session-faults.ts';
import { addTally, emptyTally } from '../../../src/desk/simulation/session-tally.ts';
import { runSession } from '../../../src/desk/simulation/simulated-session.ts';
import { newYorkText } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';

const HALF_DAY = '2026-11-27';
const SHORT_MINUTES = 75;
/** The campaign `sim` runs a hundred thousand. */
const SESSIONS = 12;
/** With a broker behind bad wires; of those of the campaign every third has one. */
const REMOTE_SEEDS = [2, 4, 5];
/** A second and a half of work on an idle machine; it is never judged by its time here. */
const PATIENCE_MILLIS = 120_000;

/** Faults of one kind, every ten minutes, five minutes long. */
function often(kind: FaultKind): readonly PlannedFault[] {
  const { open } = buildSession();
  return [8, 18, 28, 38, 48, 58].map((minute) => {
    const from = addMicros(open, minute * MICROS_PER_MINUTE);
    return { kind, from, until: addMicros(from, 5 * MICROS_PER_MINUTE) };
  });
}

describe('a simulated session', { timeout: PATIENCE_MILLIS }, () => {
  it('keeps every promise on every seed, and enough happens in each', {
    timeout: PATIENCE_MILLIS,
  }, () => {
    const sum = emptyTally();
    for (let seed = 101; seed <= 100 + SESSIONS; seed += 1) {
      const { violations, lacks, tally } = runJob({ seed, twice: false });
      expect(lacks).toEqual([]);
      expect(violations, `seed ${seed}`).toEqual([]);
      addTally(sum, tally);
    }
    expect(lacksOfCampaign(sum, SESSIONS, SESSIONS)).toEqual([]);
  });

  it.each([11, 12, 16])('runs twice alike and replays, seed %i', (seed) => {
    expect(runJob({ seed, twice: true })).toMatchObject({ violations: [], notReplayed: 0 });
  });

  it('keeps every promise on the whole chain, from second to second, too', () => {
    const { violations, tally } = runSession({ seed: 12, shape: 'dense', minutes: 200 });
    expect(violations).toEqual([]);
    expect(lacksOfSession(tally)).toEqual([]);
  });

  it('takes a long that a bid comes and goes for by the deadline for explained, seed 1602', () => {
    const session = { ...sessionOf(1602), byHand: false };
    expect(runSession(session).violations).toEqual([]);
  });

  it('gives other records for another seed', () => {
    const traces = [21, 22, 23].map((seed) => runSession({ seed, minutes: 20 }).trace);
    expect(new Set(traces).size).toBe(3);
  });

  it('is broken off once all is said that it was run for, and not before', () => {
    const planted = { seed: 1, minutes: 60, wraps: plantOf('leak') };
    const inputs = (...sought: RegExp[]) => runSession({ ...planted, sought }).tally.inputs;
    const [says, whole] = [PLANT_WORDS.leak, runSession(planted).tally.inputs];
    expect(inputs(says)).toBeLessThan(whole / 2);
    expect(inputs(says, /what nobody says/)).toBe(whole);
  });

  it('seals a half day at its own last trade, three hours early', () => {
    const { runs, violations } = runSession({ seed: 7, date: HALF_DAY, faults: [] });
    const records = runs.flatMap((run) => run.records);
    const sealed = records.find(({ body }) => body.kind === 'sessionSealed');
    expect(violations).toEqual([]);
    expect(sealed === undefined ? '' : newYorkText(sealed.at.market)).toBe('13:15:00');
  });

  it.each(FAULT_KINDS)('keeps every promise under %s', (kind) => {
    const report = runSession({ seed: 3, minutes: SHORT_MINUTES, faults: often(kind) });
    expect(report.tally.faults[kind]).toBe(6);
    expect(report.violations).toEqual([]);
  });

  it('keeps every promise with a broker behind bad wires, and meets what such wires do', () => {
    const sum = emptyTally();
    for (const seed of REMOTE_SEEDS) {
      const { violations, tally } = runSession({ seed, broker: REMOTE });
      expect(violations, `seed ${seed}`).toEqual([]);
      addTally(sum, tally);
    }
    expect(sum.unknowns).toBeGreaterThan(0);
    expect(sum.alerts['RECONCILE_DIFFERS']).toBeGreaterThan(0);
  });

  it('comes back from every crash with what it had promised', () => {
    const { tally, violations } = runSession({ seed: 9, minutes: 90, faults: often('crash') });
    expect(tally.restarts).toBeGreaterThan(1);
    expect(violations).toEqual([]);
  });
});
