import { describe, expect, it } from 'vitest';
import { AbsenceOracle } from '../../../src/desk/simulation/absence-oracle.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { epochMicros, MICROS_PER_SECOND } from '../../../src/engine/domain/units.ts';

/** An oracle to which a start at second 0 and an intent `A` were told, and what it reports. */
function watching(purpose = 'open') {
  const said: string[] = [];
  const oracle = new AbsenceOracle((what) => said.push(what));
  const record = (seconds: number, body: object) => {
    const wall = epochMicros(seconds * MICROS_PER_SECOND);
    oracle.onRecord({ body: body as AuditBody, at: { market: wall, wall } } as AuditRecord);
  };
  const told = (seconds: number, kind: string) =>
    record(seconds, { kind: 'brokerEvent', event: { kind, intentId: 'A', reason: 'r' } });
  const giveUp = (seconds: number) =>
    record(seconds, { kind: 'orderResolved', intentId: 'A', outcome: 'absentPresumed' });
  record(0, { kind: 'engineStarted' });
  oracle.onConnection(true, 0);
  record(50, { kind: 'intentRecorded', intent: { intentId: 'A', purpose } });
  told(60, 'unknown');
  return { oracle, said, told, giveUp, record };
}

describe('an order that is presumed absent', () => {
  it('after the windows of its proof is nothing to report', () => {
    const { said, giveUp } = watching();
    giveUp(75);
    expect(said).toEqual([]);
  });

  it('is reported where it was given up sooner, or too soon behind a gap of the stream', () => {
    const early = watching();
    early.giveUp(74);
    expect(early.said).toEqual(['A is presumed absent after 14 s']);
    const gap = watching();
    gap.oracle.onConnection(true, 70 * MICROS_PER_SECOND);
    gap.giveUp(84);
    expect(gap.said).toEqual(['A is presumed absent after 14 s']);
  });

  it('is reported while the stream is down, or was never up since the start', () => {
    const down = watching();
    down.oracle.onConnection(false, 65 * MICROS_PER_SECOND);
    down.giveUp(600);
    expect(down.said).toEqual(['A is presumed absent after 0 s']);
    const never = watching();
    never.record(70, { kind: 'engineStarted' });
    never.giveUp(600);
    expect(never.said).toHaveLength(1);
  });

  it('and closes may have been looked for by lists alone, which takes longer', () => {
    for (const [seconds, reports] of [
      [89, 1],
      [90, 0],
    ] as const) {
      const { oracle, said, giveUp } = watching('exit');
      oracle.onConnection(true, 88 * MICROS_PER_SECOND);
      giveUp(seconds);
      expect(said).toHaveLength(reports);
    }
  });

  it('is reported where it had reached the broker', () => {
    const { oracle, said, giveUp } = watching();
    oracle.onArrival('A');
    giveUp(80);
    expect(said).toEqual(['A is presumed absent and has reached the broker']);
  });

  it('is not reported where it was asked to move since, for the newest order may not have come', () => {
    const { oracle, said, giveUp, record } = watching();
    oracle.onArrival('A');
    record(62, { kind: 'repriced', intentId: 'A', limit: 1, reason: 'normal' });
    giveUp(80);
    expect(said).toEqual([]);
  });

  it('and works after all is reported, unless it reached the broker only then', () => {
    const wrong = watching();
    wrong.giveUp(80);
    wrong.told(90, 'accepted');
    expect(wrong.said).toEqual(['A was presumed absent and is accepted at the broker']);
    const late = watching();
    late.giveUp(80);
    late.oracle.onArrival('A');
    late.told(90, 'accepted');
    expect(late.said).toEqual([]);
  });
});
