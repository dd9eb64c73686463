import { describe, expect, it } from 'vitest';
import type { BrokerCapabilities } from '../../../src/broker/order-gateway.ts';
import { flatBySchedule } from '../../../src/desk/exits/flat-by.ts';
import { newYorkText } from '../../../src/engine/domain/session-calendar.ts';
import { DeskRig, denialIn } from '../../support/desk-rig.ts';
import { HALF_DATE, SESSION, sessionOf } from './fixtures.ts';

/** Times of the brokers as the reference of this project has them, minutes after midnight. */
const TIMES = {
  tastytrade: {
    openingCutoffMinutes: 15 * 60 + 25,
    flattenStartMinutes: 15 * 60 + 40,
    flattenDeadlineMinutes: 15 * 60 + 50,
  },
  alpaca: {
    openingCutoffMinutes: 15 * 60,
    flattenStartMinutes: 15 * 60 + 5,
    flattenDeadlineMinutes: 15 * 60 + 20,
  },
} as const;
const STRADDLE = { strategy: 'straddle_scan', strike: 600, quantity: 1 } as const;
type Name = keyof typeof TIMES;

function rigAt(name: Name, minutes: number, date?: string): DeskRig {
  const capabilities: Partial<BrokerCapabilities> = TIMES[name];
  return new DeskRig({
    minutes,
    capabilities,
    brokerName: name,
    ...(date === undefined ? {} : { date }),
  });
}

describe.each([
  ['tastytrade', '2026-11-20', [925, 940, 950]],
  ['alpaca', '2026-11-20', [900, 905, 920]],
  ['tastytrade', HALF_DATE, [745, 760, 770]],
  ['alpaca', HALF_DATE, [720, 725, 740]],
] as const)('a desk at %s on %s', (name, date, [cutoff, start, deadline]) => {
  it('opens until the cut-off and not after it', () => {
    expect(rigAt(name, cutoff - 1, date).preview(STRADDLE).card.purpose).toBe('open');
    const rig = rigAt(name, cutoff + 1 / 60, date);
    const tokenSha256 = rig.newToken();
    const denied = denialIn(rig.ask({ kind: 'previewStrategy', request: STRADDLE, tokenSha256 }));
    expect(denied.code).toBe('entry_window');
  });

  it('begins to leave at the flatten start, and is flat before the deadline', () => {
    const rig = rigAt(name, cutoff - 30, date);
    rig.openPosition(STRADDLE);
    rig.goTo(start - 1 / 60);
    expect(rig.bodies('exitTriggered')).toEqual([]);
    rig.goTo(start);
    expect(rig.bodies('exitTriggered').map(({ reason }) => reason)).toEqual(['flatBy']);
    for (let second = 0; second < 30 && rig.positions().length > 0; second += 1) rig.advance(1);
    expect(rig.positions()).toEqual([]);
    expect(rig.at.market).toBeLessThan(flatBySchedule(rig.session, TIMES[name]).flattenDeadlineAt);
    expect(newYorkText(rig.day.schedule.flattenDeadlineAt)).toContain(
      `${Math.floor(deadline / 60)}:${String(deadline % 60).padStart(2, '0')}`,
    );
  });
});

describe('the schedules of the brokers', () => {
  it('keep the exercise mark behind them on every kind of day', () => {
    for (const session of [SESSION, sessionOf(HALF_DATE)]) {
      for (const times of Object.values(TIMES)) {
        const { flattenDeadlineAt } = flatBySchedule(session, times);
        expect(flattenDeadlineAt).toBeLessThan(session.exerciseMark);
      }
    }
  });
});
