import { describe, expect, it } from 'vitest';
import type { MarketStatusView } from '../../../src/desk/engine-api-health.ts';
import { differencesOf, sessionToHear, stricter } from '../../../src/desk/session/broker-rules.ts';
import { sessionFor } from '../../../src/desk/session/session-clock.ts';
import type { MarketRules } from '../../../src/engine/domain/account-facts.ts';
import { newYorkInstant, newYorkText } from '../../../src/engine/domain/session-calendar.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { doorOf } from '../../mcp/support/desk-door.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';

const DATE = sessionDate('2026-11-20');
const spec = underlyingOf('SPY');
const session = sessionFor(newYorkInstant(DATE, 630), spec);
const own = { session, spec };
const SCHEDULE = {
  openingCutoffAt: newYorkInstant(DATE, 15 * 60 + 25),
  flattenStartAt: newYorkInstant(DATE, 15 * 60 + 40),
  flattenDeadlineAt: newYorkInstant(DATE, 15 * 60 + 50),
  lastHourFrom: newYorkInstant(DATE, 15 * 60),
  markAt: session.exerciseMark,
};

/** The exchange's own rules, but for what a test changes. */
function rules(change: Partial<MarketRules> = {}): MarketRules {
  return {
    session: 'full',
    opensAt: '2026-11-20T14:30:00.000Z',
    closesAt: '2026-11-20T21:00:00.000Z',
    stopsTradingAt: '2026-11-20T16:15:00-05:00',
    ticks: [{ below: null, step: 0.01 }],
    isClosingOnly: false,
    ...change,
  };
}

const UNTOLD: MarketRules = {
  session: null,
  opensAt: null,
  closesAt: null,
  stopsTradingAt: null,
  ticks: null,
  isClosingOnly: null,
};

/** Cut-off, begin of flattening and deadline on New York's clock. */
function times(said: MarketRules): readonly string[] {
  const { openingCutoffAt, flattenStartAt, flattenDeadlineAt } = stricter(SCHEDULE, said, own);
  return [openingCutoffAt, flattenStartAt, flattenDeadlineAt].map((at) =>
    newYorkText(at).slice(0, 5),
  );
}

const OWN_TIMES = ['15:25', '15:40', '15:50'];

describe("the broker's rules of a session", () => {
  it('change nothing where they agree, or say nothing', () => {
    for (const said of [rules(), UNTOLD]) {
      expect(differencesOf(said, own)).toEqual([]);
      expect(times(said)).toEqual(OWN_TIMES);
    }
  });

  it.each<[string, Partial<MarketRules>, RegExp, readonly string[]]>([
    [
      'options that stop with the shares',
      { stopsTradingAt: '2026-11-20T21:00:00Z' },
      /^options trade until 16:00, the engine 16:15$/,
      ['15:10', '15:25', '15:35'],
    ],
    [
      'a half day that the engine does not know',
      { session: 'half' },
      /^2026-11-20 is half, the engine full$/,
      ['12:25', '12:40', '12:50'],
    ],
    [
      'an earlier close of the market',
      { closesAt: '2026-11-20T20:00:00Z' },
      /^the market closes at 15:00, the engine 16:00$/,
      ['14:25', '14:40', '14:50'],
    ],
    [
      'a later last trade, which moves nothing',
      { stopsTradingAt: '2026-11-20T21:30:00Z' },
      /^options trade until 16:30, the engine 16:15$/,
      OWN_TIMES,
    ],
    [
      'no session at all: nothing opens, and what is held is closed in time',
      { session: 'closed' },
      /^2026-11-20 is closed, the engine full$/,
      ['09:30', '15:40', '15:50'],
    ],
    [
      'options that may only be closed',
      { isClosingOnly: true },
      /^options may only be closed$/,
      ['09:30', '15:40', '15:50'],
    ],
    [
      'an end that no day has: nothing opens, and nothing is closed before a half day would',
      { stopsTradingAt: '2026-11-20T15:00:00Z' },
      /^options trade until 10:00, the engine 16:15$/,
      ['09:30', '12:40', '12:50'],
    ],
    [
      'a time of another day, which counts for nothing',
      { stopsTradingAt: '2026-11-19T21:15:00Z' },
      /^options trade until 2026-11-19T21:15:00Z, which is no time of this session$/,
      OWN_TIMES,
    ],
    [
      'other steps of price',
      {
        ticks: [
          { below: 3, step: 0.05 },
          { below: null, step: 0.1 },
        ],
      },
      /^options trade in steps of 0.05 below 3, 0.1, the engine 0.01$/,
      OWN_TIMES,
    ],
  ])('tell of %s', (_what, change, words, expected) => {
    const said = rules(change);
    expect(differencesOf(said, own)).toEqual([expect.stringMatching(words)]);
    expect(times(said)).toEqual(expected);
  });
});

describe('the desk', () => {
  const asked = (rig: DeskRig) =>
    rig.effects.flatMap((effect) => (effect.kind === 'fetchRules' ? [effect.ask] : []));

  function tell(rig: DeskRig, said: MarketRules, date: string = DATE): void {
    rig.step({ kind: 'brokerRules', at: rig.at, date, rules: said });
  }

  it('asks about one option of the day with each listing, whatever it was told', () => {
    const rig = new DeskRig();
    expect(asked(rig)).toEqual([
      {
        underlying: 'SPY',
        date: DATE,
        contract: expect.stringMatching(/^SPY {3}261120[CP]\d{8}$/),
      },
    ]);
    tell(rig, rules());
    rig.open();
    expect(asked(rig)).toHaveLength(2);
    expect(rig.alerts()).not.toContain('BROKER_RULES_DIFFER');
  });

  it('takes an answer that lacks the kind of day for none that agrees', () => {
    const rig = new DeskRig();
    tell(rig, UNTOLD);
    tell(rig, rules({ session: null }));
    expect(rig.day.brokerRules).toBeUndefined();
    tell(rig, rules());
    expect(rig.day.brokerRules).toEqual([]);
  });

  it('takes what a later answer adds, and moves its cut-offs once for each', () => {
    const rig = new DeskRig();
    const cutoff = () => newYorkText(rig.day.schedule.openingCutoffAt);
    tell(rig, rules({ stopsTradingAt: null }));
    expect([rig.day.brokerRules, cutoff()]).toEqual([[], '15:25:00']);
    const stops = { stopsTradingAt: '2026-11-20T21:00:00Z' };
    for (const said of [{ ...UNTOLD, ...stops }, UNTOLD, rules(stops)]) {
      tell(rig, said);
      expect([rig.day.brokerRules?.length, cutoff()]).toEqual([1, '15:10:00']);
    }
    tell(rig, { ...UNTOLD, session: 'half' });
    expect([rig.day.brokerRules?.length, cutoff()]).toEqual([2, '12:25:00']);
    const told = () => rig.bodies('alert').filter(({ code }) => code === 'BROKER_RULES_DIFFER');
    expect(told().map(({ action }) => action)).toEqual([undefined, 'resolve', undefined]);
    tell(rig, rules());
    expect([rig.day.brokerRules, cutoff()]).toEqual([[], '12:25:00']);
    expect(told().at(-1)).toMatchObject({ action: 'resolve' });
  });

  it('tells of what differs besides as an incident of its own, and of less as none', () => {
    const rig = new DeskRig();
    const told = () =>
      rig.effects.flatMap((effect) =>
        effect.kind === 'alert' && effect.code === 'BROKER_RULES_DIFFER' ? [effect.action] : [],
      );
    const steps = { ticks: [{ below: null, step: 0.05 }] };
    tell(rig, rules(steps));
    tell(rig, rules({ ...steps, session: 'half' }));
    expect(told()).toEqual(['trigger', 'resolve', 'trigger']);
    tell(rig, rules({ session: 'half' }));
    expect(told().filter((action) => action === 'resolve')).toHaveLength(1);
  });

  it('moves its cut-off, alerts once, and says so in market_status', async () => {
    const rig = new DeskRig();
    const status = async (): Promise<MarketStatusView> => {
      const answer = await doorOf(rig).marketStatus();
      if ('denied' in answer) throw new Error(answer.denied.message);
      return answer.value;
    };
    for (let listing = 0; listing < 2; listing += 1) {
      tell(rig, rules({ stopsTradingAt: '2026-11-20T21:00:00Z' }));
    }
    expect(rig.alerts().filter((code) => code === 'BROKER_RULES_DIFFER')).toHaveLength(1);
    rig.goTo(15 * 60 + 11);
    const request = {
      kind: 'previewStrategy',
      request: CONDOR,
      tokenSha256: rig.newToken(),
    } as const;
    expect(rig.ask(request)).toHaveProperty('denied.code', 'entry_window');
    expect(rig.day.brokerRules).toEqual(['options trade until 16:00, the engine 16:15']);
    expect((await status()).openingCutoffAt).toContain('T15:10');
  });

  it('ends that with the session', () => {
    const rig = new DeskRig();
    tell(rig, rules({ stopsTradingAt: '2026-11-20T21:00:00Z' }));
    rig.goTo(16 * 60 + 15);
    expect(rig.alerts().filter((code) => code === 'BROKER_RULES_DIFFER')).toHaveLength(1);
    rig.goTo(17 * 60 + 30);
    const told = rig.bodies('alert').filter(({ code }) => code === 'BROKER_RULES_DIFFER');
    expect(told.map(({ action }) => action)).toEqual([undefined, 'resolve']);
  });

  it('waits for no quotes on a day that the broker calls closed, or once its market has ended', () => {
    const rig = new DeskRig();
    const heardUntil = () => {
      const heard = sessionToHear(rig.desk.context);
      return heard && newYorkText(heard.lastTrade).slice(0, 5);
    };
    expect(heardUntil()).toBe('16:15');
    tell(rig, rules());
    expect(heardUntil()).toBe('16:15');
    tell(rig, rules({ session: 'half' }));
    expect(heardUntil()).toBe('13:15');
    tell(rig, rules({ session: 'closed' }));
    expect(heardUntil()).toBeUndefined();
  });

  it('waits for quotes as ever while options are held, whatever the broker calls the day', () => {
    const rig = new DeskRig();
    rig.openPosition();
    tell(rig, rules({ session: 'closed' }));
    expect(sessionToHear(rig.desk.context)).toBe(rig.session);
  });

  it('takes no word on another date', () => {
    const rig = new DeskRig();
    tell(rig, rules({ session: 'closed' }), '2026-11-23');
    expect(rig.day.brokerRules).toBeUndefined();
    expect(rig.day.schedule).toEqual(SCHEDULE);
  });
});
