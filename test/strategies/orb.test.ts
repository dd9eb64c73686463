import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import {
  addMicros,
  type EpochMicros,
  MICROS_PER_MINUTE,
  sessionDate,
} from '../../src/engine/domain/units.ts';
import type { OrbParams } from '../../src/strategies/orb.ts';
import { ORB_DEFAULTS, orbLongCall, orbLongPut } from '../../src/strategies/orb.ts';
import { buildAt, buildSlice, buildView, isRow, withQuote } from '../support/chain-builder.ts';
import { orbView } from './orb-scene.ts';
import { accepted, buildDay, refused } from './strategy-day.ts';

const day = buildDay();
const up = orbView([600.4, 600.6], { spot: 600.5 });
const down = orbView([597.6, 597.4], { spot: 597.5 });
const latest = newYorkInstant(sessionDate('2026-11-20'), 720);

function refusedWith(changes: Partial<OrbParams>) {
  return refused(orbLongCall(up, { ...ORB_DEFAULTS, ...changes }, day));
}

/** The bars of the break up, and the one that began a minute ago. */
function barsTo(now: EpochMicros) {
  const last = up.bars.at(-1)!;
  return [...up.bars, { ...last, startsAt: addMicros(now, -MICROS_PER_MINUTE) }];
}

describe('orb_long_call and orb_long_put', () => {
  it('buys the call nearest to 30 delta on a break up', () => {
    const proposal = accepted(orbLongCall(up, ORB_DEFAULTS, day));
    expect(proposal).toMatchObject({
      strategy: 'orb_long_call',
      quantity: 1,
      breakoutKey: '15:up',
      legs: [{ action: 'buyToOpen', ratio: 1, instrument: { right: 'call' } }],
    });
    const delta = proposal.figures['delta'];
    expect(Math.abs(Number(delta) - 0.3)).toBeLessThanOrEqual(0.07);
    expect(proposal.limit).toBeLessThan(0);
  });

  it('buys the put on a break down, with the sign on its delta or without', () => {
    const proposal = accepted(orbLongPut(down, ORB_DEFAULTS, day));
    expect(proposal).toMatchObject({
      strategy: 'orb_long_put',
      breakoutKey: '15:down',
      legs: [{ action: 'buyToOpen', instrument: { right: 'put' } }],
    });
    expect(accepted(orbLongPut(down, { ...ORB_DEFAULTS, strikeDelta: -30 }, day))).toEqual(
      proposal,
    );
  });

  it('says in words and figures why', () => {
    const { reasons, figures } = accepted(orbLongCall(up, ORB_DEFAULTS, day));
    expect(reasons[0]).toBe(
      'A minute closed at $600.40, above the 15-minute high $600.00, at 09:46.',
    );
    expect(figures).toMatchObject({
      rangeMinutes: 15,
      rangeHigh: 600,
      rangeLow: 598,
      rangeWidth: 2,
      breakDirection: 'up',
      breakAt: '09:46',
      distanceBeyond: 0.5,
      roomToWidth: 1.5,
      minutesSinceBreak: 1,
      missingBars: 0,
    });
  });

  it('has no stop where half of a premium of some ticks is its bid, and says so', () => {
    const cheap = orbView([600.4, 600.6], {
      spot: 600.5,
      edit: (row) => withQuote(row, 0.02, 0.03),
    });
    const { exitPlan, reasons } = accepted(orbLongCall(cheap, ORB_DEFAULTS, day));
    expect(exitPlan).not.toHaveProperty('stop');
    expect(exitPlan).not.toHaveProperty('plannedLossCents');
    expect(exitPlan.rangeExit).toEqual({ closes: 'below', level: 5_980_000 });
    expect(reasons.join(' ')).toContain('The premium is the whole loss');
  });

  it('warns of minutes without a bar and of retests', () => {
    const view = orbView([undefined, 600.4, 599.9, 600.6], { spot: 600.5 });
    const { reasons } = accepted(orbLongCall(view, ORB_DEFAULTS, day));
    expect(reasons.join(' ')).toContain('Minutes without a bar: 1;');
    expect(reasons.join(' ')).toContain('back inside the range since then: 1.');
  });

  it('plans a stop at half of the premium, a target at twice, and the clock', () => {
    const { exitPlan, limit, worst } = accepted(
      orbLongCall(up, { ...ORB_DEFAULTS, quantity: 2 }, day),
    );
    const premium = 0 - limit;
    expect(exitPlan.stop).toEqual({
      kind: 'valueAtOrBelow',
      price: Math.ceil(premium / 200) * 100,
    });
    expect(exitPlan.target).toEqual({ kind: 'valueAtOrAbove', price: premium * 2 });
    expect(exitPlan.timeExitAt).toBe(newYorkInstant(sessionDate('2026-11-20'), 930));
    expect(exitPlan.plannedLossCents).toBe(2 * (0 - worst - Math.ceil(premium / 200) * 100));
  });

  it('ends with a minute beyond the other side of the range it trades', () => {
    const { exitPlan, figures } = accepted(orbLongCall(up, ORB_DEFAULTS, day));
    const level = Math.round(Number(figures['rangeLow']) * 10_000);
    expect(exitPlan.rangeExit).toEqual({ closes: 'below', level });
  });

  it('never exits later than the flatten start', () => {
    const flattenStartAt = newYorkInstant(sessionDate('2026-11-20'), 905);
    const { exitPlan } = accepted(orbLongCall(up, ORB_DEFAULTS, buildDay({ flattenStartAt })));
    expect(exitPlan.timeExitAt).toBe(flattenStartAt);
  });

  it('enters before 12:00 and not at it', () => {
    const at = (market: typeof latest) =>
      buildView({ ...orbOptions, at: { market, wall: market }, bars: barsTo(market) });
    accepted(orbLongCall(at(addMicros(latest, -1)), ORB_DEFAULTS, day));
    const denial = refused(orbLongCall(at(latest), ORB_DEFAULTS, day));
    expect(denial.code).toBe('entry_window');
    expect(denial.numbers).toMatchObject({ endedAt: '12:00' });
  });

  it('enters later when told to, but not after its own time exit', () => {
    const params = { ...ORB_DEFAULTS, latestEntryMinutes: 1_000 };
    const late = buildDay({ openingCutoffAt: newYorkInstant(sessionDate('2026-11-20'), 935) });
    const at = (minutes: number) => {
      const now = buildAt('2026-11-20', minutes);
      return buildView({ ...orbOptions, atmVol: 0.35, at: now, bars: barsTo(now.market) });
    };
    accepted(orbLongCall(at(900), params, late));
    expect(refused(orbLongCall(at(930), params, late)).numbers).toMatchObject({ endedAt: '15:30' });
  });

  it('refuses before the open', () => {
    const view = orbView([], { spot: 599, minutes: 569 });
    expect(refused(orbLongCall(view, ORB_DEFAULTS, day)).code).toBe('entry_window');
  });

  it('works on a half day, out before its end', () => {
    const date = '2026-11-27';
    const view = orbView([600.4], { spot: 600.5, date });
    const { exitPlan } = accepted(orbLongCall(view, ORB_DEFAULTS, buildDay({}, date)));
    expect(exitPlan.timeExitAt).toBe(newYorkInstant(sessionDate(date), 750));
  });

  it('refuses arguments by name', () => {
    expect(refusedWith({ strikeDelta: 0.3 }).message).toContain('did you mean 30?');
    expect(refusedWith({ strikeDelta: -30 }).message).toContain('did you mean 30?');
    expect(refusedWith({ rangeMinutes: 7 }).numbers).toMatchObject({ rangeMinutes: '7' });
    for (const changes of [{ quantity: 0 }, { rangeMinutes: 7 }, { latestEntryMinutes: -1 }]) {
      expect(refusedWith(changes).code).toBe('argument_invalid');
    }
  });

  it('refuses a leg without an ask', () => {
    const proposal = accepted(orbLongCall(up, ORB_DEFAULTS, day));
    const strike = Number(proposal.figures['strike']);
    const slice = buildSlice({
      ...orbOptions,
      edit: (row) => (isRow(row, 'call', strike) ? withQuote(row, 0.4, undefined) : row),
    });
    const denial = refused(orbLongCall({ ...up, slice }, ORB_DEFAULTS, day));
    expect(denial.code).toBe('leg_market_missing');
    expect(denial.numbers).toMatchObject({ strike, needed: 'ask', bid: 0.4 });
  });

  it('passes a strike that is too far off on as a refusal', () => {
    const slice = buildSlice({ ...orbOptions, strikes: [590, 610] });
    expect(refused(orbLongCall({ ...up, slice }, ORB_DEFAULTS, day)).code).toBe('delta_too_far');
  });

  it('does not read the delta of the feed', () => {
    const slice = buildSlice({
      ...orbOptions,
      edit: (row) => ({ ...row, feedDelta: (row.feedDelta ?? 0) * 0.5 + 0.2 }),
    });
    expect(orbLongCall({ ...up, slice }, ORB_DEFAULTS, day)).toEqual(
      orbLongCall(up, ORB_DEFAULTS, day),
    );
  });

  it('always answers with one bought leg priced in order, or a refusal with numbers', () => {
    const cents = fc.integer({ min: 59_300, max: 60_500 }).map((value) => value / 100);
    fc.assert(
      fc.property(fc.array(cents, { maxLength: 20 }), cents, fc.boolean(), (closes, spot, call) => {
        const view = orbView(closes, { spot });
        const outcome = (call ? orbLongCall : orbLongPut)(view, ORB_DEFAULTS, day);
        if ('denied' in outcome) {
          expect(Object.keys(outcome.denied.numbers).length).toBeGreaterThan(0);
          expect(outcome.denied.message).toMatch(/[.?]$/);
          return;
        }
        expect(outcome.legs.map((leg) => leg.action)).toEqual(['buyToOpen']);
        expect(outcome.natural).toBeLessThanOrEqual(outcome.worst);
        expect(outcome.worst).toBeLessThanOrEqual(outcome.limit);
        expect(outcome.limit).toBeLessThan(0);
        expect(call ? spot > 600 : spot < 598).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

const orbOptions = { spot: 600.5, minutes: 587 };
