import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { LimitSettingName } from '../../src/engine/domain/limit-kinds.ts';
import { LIMIT_KINDS } from '../../src/engine/domain/limit-kinds.ts';
import type { LimitRaise } from '../../src/engine/domain/limit-raise.ts';
import { parseLimitRaises } from '../../src/engine/domain/limit-raise.ts';
import { addMicros, centsFromDollars } from '../../src/engine/domain/units.ts';
import { LIMIT_FIELDS, limitsInForce, limitsOfSettings } from '../../src/risk/limit-settings.ts';
import { DEFAULT_LIMITS, limitsFrom } from '../../src/risk/limits.ts';

const SETTINGS = readConfig({});
const NAMES = Object.keys(LIMIT_KINDS) as LimitSettingName[];

function raise(setting: string, value: number): LimitRaise {
  const text = `${setting}=${value} until 2026-11-27T16:00`;
  const [only] = parseLimitRaises(text).raises;
  if (only === undefined) throw new Error(`not a raise: ${text}`);
  return only;
}

const END = raise('MAX_TRADE_LOSS', 1).untilWall;
const BEFORE = addMicros(END, -1);

describe('limits of settings', () => {
  it('are the defaults where nothing is set: settings and limits agree', () => {
    expect(limitsOfSettings(SETTINGS, ['SPY'])).toEqual(limitsFrom());
  });

  it.each(NAMES)('%s sets its limits, in their unit, and no other', (name) => {
    const { scale } = LIMIT_KINDS[name];
    const fields = LIMIT_FIELDS[name];
    const set: Record<string, unknown> = {
      ...limitsOfSettings({ ...SETTINGS, [name]: 7 }, ['SPY']),
    };
    for (const field of fields) expect(set[field]).toBe(7 * scale);
    const changed = Object.entries(DEFAULT_LIMITS).filter(([field, value]) => {
      return JSON.stringify(set[field]) !== JSON.stringify(value);
    });
    expect(changed.map(([field]) => field).toSorted()).toEqual([...fields].toSorted());
  });

  it('take a fraction of a dollar for whole cents', () => {
    expect(limitsOfSettings({ ...SETTINGS, MAX_TRADE_LOSS: 0.29 }, ['SPY'])).toMatchObject({
      maxTradeLossCents: 29,
    });
  });

  it('take a cap of deltas or gammas as it is written, with its fraction', () => {
    const caps = { PORTFOLIO_DELTA_CAP: '30.5', PORTFOLIO_GAMMA_CAP: '2.5' };
    expect(limitsOfSettings(readConfig(caps), ['SPY'])).toMatchObject({
      portfolioDeltaCap: 30.5,
      portfolioGammaCap: 2.5,
    });
  });
});

/** What is thrown; undefined where nothing is. */
function faultIn(what: () => unknown): string | undefined {
  try {
    what();
  } catch (error) {
    return String(error);
  }
  return undefined;
}

describe('a raise', () => {
  const base = limitsFrom();

  it('is passed by a larger one of the same limit until that ends, in whatever order they are written', () => {
    const larger = { ...raise('MAX_TRADE_LOSS', 2_000), untilWall: BEFORE };
    const raises = [larger, raise('MAX_TRADE_LOSS', 1_500)];
    for (const written of [raises, raises.toReversed()]) {
      const lossAt = (wall: typeof END) => limitsInForce(base, written, wall).maxTradeLossCents;
      expect([lossAt(addMicros(BEFORE, -1)), lossAt(BEFORE), lossAt(END)]).toEqual([
        200_000,
        150_000,
        base.maxTradeLossCents,
      ]);
    }
  });

  it('lifts its limit up to its end and not a microsecond longer', () => {
    const raises = [raise('MAX_TRADE_LOSS', 1_500)];
    expect(limitsInForce(base, raises, BEFORE).maxTradeLossCents).toBe(150_000);
    expect(limitsInForce(base, raises, END)).toBe(base);
    expect(limitsInForce(base, [], BEFORE)).toBe(base);
  });

  it('makes other limits of it, with a version of their own', () => {
    const lifted = limitsInForce(base, [raise('MAX_TRADE_LOSS', 1_500)], BEFORE);
    expect(lifted.version).not.toBe(base.version);
    expect({ ...lifted, version: '', maxTradeLossCents: 0 }).toEqual({
      ...base,
      version: '',
      maxTradeLossCents: 0,
    });
  });

  it('of open risk lifts what may be on its way too', () => {
    const lifted = limitsInForce(base, [raise('MAX_OPEN_RISK', 4_000)], BEFORE);
    expect([lifted.maxOpenRiskCents, lifted.maxOpenOrdersRiskCents]).toEqual([400_000, 400_000]);
  });

  it.each([999, 1_000])('to %s dollars from 1,000 raises nothing', (value) => {
    expect(() => limitsInForce(base, [raise('MAX_TRADE_LOSS', value)], BEFORE)).toThrow(
      /"MAX_TRADE_LOSS=.*" does not raise it/,
    );
  });

  it.each(['CONFIRMATION_TIMEOUT', 'LOSS_COOLDOWN', 'PORT', 'SOMETHING'])(
    'of %s is refused: it is no limit to raise',
    (setting) => {
      expect(() => limitsInForce(base, [raise(setting, 1e9)], BEFORE)).toThrow(
        `LIMIT_RAISE: ${setting} is no limit to raise`,
      );
    },
  );

  it('is refused by the configuration before anything starts', () => {
    const until = 'until 2026-11-27T16:00';
    const faults = (text: string) => () => readConfig({ LIMIT_RAISE: text });
    expect(faults(`MAX_TRADE_LOSS=1000 ${until}`)).toThrow('MAX_TRADE_LOSS is 1000');
    expect(faults(`PORT=9000 ${until}`)).toThrow('PORT is no limit to raise');
    expect(faults(`LOSS_COOLDOWN=900 ${until}`)).toThrow('LOSS_COOLDOWN is no limit to raise');
    expect(faults('MAX_TRADE_LOSS=1500')).toThrow('must read as');
    expect(readConfig({ LIMIT_RAISE: `MAX_TRADE_LOSS=1001 ${until}` }).LIMIT_RAISE).toHaveLength(1);
  });

  it('is taken by the configuration just where it lifts what is in force', () => {
    const hasFractions = (name: string, scale: number) => name.endsWith('_CAP') || scale !== 1;
    const written = fc.record({
      name: fc.constantFrom(...NAMES),
      base: fc.integer({ min: 1, max: 400 }),
      to: fc.integer({ min: 1, max: 4_000 }),
      ending: fc.constantFrom('', '.4', '.6', '.004', '.006'),
    });
    fc.assert(
      fc.property(written, ({ name, base, to, ending }) => {
        const { isRaisable, scale } = LIMIT_KINDS[name];
        const text = `${name}=${to}${ending} until 2026-11-27T16:00`;
        const [only] = parseLimitRaises(text).raises;
        const limits = limitsOfSettings({ ...SETTINGS, [name]: base }, ['SPY']);
        const isTaken = faultIn(() => readConfig({ [name]: `${base}`, LIMIT_RAISE: text }));
        const isLifted = faultIn(() =>
          limitsInForce(limits, only === undefined ? [] : [only], BEFORE),
        );
        expect(isTaken?.includes('LIMIT_RAISE')).toBe(isLifted?.includes('LIMIT_RAISE'));
        if (!hasFractions(name, scale) && ending !== '') expect(isLifted).toBeDefined();
        if (isLifted === undefined) expect(isRaisable && Number(to + ending) > base).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('can be of every setting that the configuration lets be raised, and of those alone', () => {
    for (const name of NAMES) {
      const text = `${name}=1000000 until 2026-11-27T16:00`;
      const isTaken = () => readConfig({ LIMIT_RAISE: text });
      if (LIMIT_KINDS[name].isRaisable) expect(isTaken, name).not.toThrow();
      else expect(isTaken, name).toThrow('is no limit to raise');
    }
  });
});

describe('a raise of a setting with several limits', () => {
  it('has to lift each of them', () => {
    const base = limitsFrom({ maxOpenOrdersRiskCents: centsFromDollars(9_000) });
    expect(() => limitsInForce(base, [raise('MAX_OPEN_RISK', 4_000)], BEFORE)).toThrow(
      'does not raise it',
    );
  });
});

it.each([raise('PORT', 1e9), raise('MAX_TRADE_LOSS', 1)])(
  'a raise that is none is a fault of the configuration: $text',
  (none) => {
    const code = expect.objectContaining({ code: 'CONFIG_INVALID' });
    expect(() => limitsInForce(limitsFrom(), [none], BEFORE)).toThrow(code);
  },
);
