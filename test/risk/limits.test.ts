import { describe, expect, it } from 'vitest';
import { centsFromDollars } from '../../src/engine/domain/units.ts';
import { limitsFrom } from '../../src/risk/limits.ts';

describe('limitsFrom', () => {
  it('has the documented defaults', () => {
    expect(limitsFrom()).toMatchObject({
      maxDailyLossCents: 500_00,
      dailyLossFlattenMultiple: 1.5,
      maxTradeLossCents: 1_000_00,
      maxOpenRiskCents: 2_500_00,
      portfolioDeltaCap: 50,
      confirmationTimeoutSeconds: 30,
      collarTicks: 3,
      driftTicks: 2,
      driftFraction: 0.1,
      driftDeltaPoints: 8,
      allowedRoots: ['SPY'],
    });
  });

  it('names equal limits by equal versions and different ones by different versions', () => {
    expect(limitsFrom({ maxTradeLossCents: centsFromDollars(1_000) })).toEqual(limitsFrom());
    expect(limitsFrom({ maxTradeLossCents: undefined })).toEqual(limitsFrom());
    expect(limitsFrom({ maxTradeLossCents: centsFromDollars(999) }).version).not.toBe(
      limitsFrom().version,
    );
    expect(limitsFrom().version).toMatch(/^[0-9a-f]{16}$/);
  });

  it('cannot be changed once made', () => {
    expect(Object.isFrozen(limitsFrom())).toBe(true);
  });

  it('names every unusable limit in one error', () => {
    const make = () =>
      limitsFrom({ portfolioDeltaCap: Number.NaN, maxOrdersPerDay: -1, allowedRoots: [] });
    expect(make).toThrow(/portfolioDeltaCap.*maxOrdersPerDay.*allowedRoots/);
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
