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
    expect(make).toThrow(
      'limits: portfolioDeltaCap must be a number of 0 or more, not NaN; maxOrdersPerDay must be a number of 0 or more, not -1; allowedRoots must name at least one root; correct the settings',
    );
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('may be nothing at all', () => {
    expect(limitsFrom({ maxOrdersPerDay: 0 }).maxOrdersPerDay).toBe(0);
  });

  it('of what is on its way are all the open risk there may be, unless they are set', () => {
    const maxOpenRiskCents = centsFromDollars(700);
    expect(limitsFrom().maxOpenOrdersRiskCents).toBe(2_500_00);
    expect(limitsFrom({ maxOpenRiskCents }).maxOpenOrdersRiskCents).toBe(700_00);
    const maxOpenOrdersRiskCents = centsFromDollars(300);
    expect(limitsFrom({ maxOpenRiskCents, maxOpenOrdersRiskCents })).toMatchObject({
      maxOpenRiskCents: 700_00,
      maxOpenOrdersRiskCents: 300_00,
    });
  });
});
