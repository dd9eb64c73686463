import { describe, expect, it } from 'vitest';
import type { Input } from '../../../src/desk/inputs.ts';
import { BrokerWord } from '../../../src/desk/simulation/broker-word.ts';
import { momentWindowOf } from '../../../src/desk/simulation/moment-oracle.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import { SessionEnd } from '../../../src/desk/simulation/session-end.ts';
import { runSession } from '../../../src/desk/simulation/simulated-session.ts';
import type { MarketRules } from '../../../src/engine/domain/account-facts.ts';
import { newYorkText } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const session = buildSession();
const PATIENCE_MILLIS = 120_000;
const SOONER_SEED = 86;
const AT_TWO: MarketRules = {
  session: null,
  opensAt: null,
  closesAt: '2026-11-20T14:00:00-05:00',
  stopsTradingAt: null,
  ticks: null,
  isClosingOnly: null,
};

function told() {
  const rig = new DeskRig();
  const met: string[] = [];
  const end = new SessionEnd(session, momentWindowOf(session), (what) => met.push(what));
  const say = (rules: MarketRules) => {
    end.onInput({ kind: 'brokerRules', at: rig.at, date: session.date, rules });
    end.afterStep(rig.desk.context);
  };
  const times = () =>
    [end.opensAt, end.cutoffAt, end.leaveAt, end.flatAt, end.lastOrderAt, end.markAt].map((at) =>
      newYorkText(at).slice(0, 5),
    );
  return { rig, end, met, say, times };
}

const PLAIN = ['09:30', '15:25', '15:40', '15:50', '16:15', '16:00'];

describe('a day that the broker ends sooner', { timeout: PATIENCE_MILLIS }, () => {
  it('takes openings, and holds anything, sooner by as much, until an engine starts anew', () => {
    const { rig, end, met, say, times } = told();
    expect(times()).toEqual(PLAIN);
    say(AT_TWO);
    say({ ...AT_TWO, closesAt: null, stopsTradingAt: '2026-11-20T15:15:00-05:00' });
    expect(times()).toEqual(['09:30', '13:25', '13:40', '13:50', '14:15', '14:00']);
    end.onCrash();
    expect(times()).toEqual(PLAIN);
    rig.openPosition();
    say(AT_TWO);
    expect(met).toEqual(['saidSooner', 'saidSooner beside held']);
  });

  it('never ends sooner than a half one', () => {
    const { say, times } = told();
    say({ ...AT_TWO, closesAt: '2026-11-20T11:00:00-05:00' });
    expect(times()).toEqual(['09:30', '12:25', '12:40', '12:50', '13:15', '13:00']);
  });

  it('is kept by a desk that hears it, and a desk that does not is reported', () => {
    const deaf = (input: Input): Input =>
      input.kind === 'brokerRules' ? { kind: 'clock', at: input.at } : input;
    const { tally, violations } = runSession({ seed: SOONER_SEED });
    expect([violations, tally.met['saidSooner beside held']]).toEqual([[], 1]);
    const report = runSession({ seed: SOONER_SEED, wraps: { input: deaf } });
    const says = report.violations.join();
    expect(says).toContain("outside the session's window");
    expect(says).toContain('is still open by the deadline');
  });
});

describe('the broker of a simulated session', () => {
  it('says so once, and to everybody who asks afterwards', () => {
    const words = Array.from({ length: 60 }, (_, seed) => {
      return new BrokerWord(new SeededRandom(seed, 1), session);
    });
    const spoken = words.filter((word) => word.next() !== undefined);
    expect(spoken.length).toBeGreaterThan(3);
    for (const word of spoken) {
      const due = word.next() ?? session.open;
      const at = { market: due, wall: due };
      word.onAsked(session.open);
      expect([word.take(addMicros(due, -1), at), word.next()]).toEqual([[], due]);
      expect(word.take(due, at)).toMatchObject([{ kind: 'brokerRules', date: session.date }]);
      expect([word.next(), word.take(session.lastTrade, at)]).toEqual([undefined, []]);
      word.onAsked(due);
      word.onCrash();
      expect(word.next()).toBeUndefined();
      word.onAsked(due);
      expect(word.take(addMicros(due, MICROS_PER_MINUTE), at)).toHaveLength(1);
    }
  });

  it('says nothing of a half day', () => {
    const half = buildSession('2026-11-27');
    for (let seed = 0; seed < 40; seed += 1) {
      expect(new BrokerWord(new SeededRandom(seed, 1), half).next()).toBeUndefined();
    }
  });
});
