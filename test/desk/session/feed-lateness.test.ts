import { describe, expect, it } from 'vitest';
import {
  FeedLateness,
  LAG_STANDS_MILLIS,
  LATE_AFTER_MILLIS,
  MOST_AHEAD_MILLIS,
} from '../../../src/desk/session/feed-lateness.ts';

const START = 1_795_188_600_000;
/** Market micros so many milliseconds after the start. */
const micros = (millis: number) => (START + millis) * 1_000;

/** A feed whose first trade has come. */
function heard(speed = 1): FeedLateness {
  const lateness = new FeedLateness(speed);
  lateness.connected();
  lateness.traded(START - 60_000, micros(0));
  return lateness;
}

describe('how late the feed is', () => {
  it('is not known before a second trade: the first may be as old as the day', () => {
    expect(heard().lagMillis).toBeUndefined();
    expect(heard().lateMillis(micros(0), true)).toBe(0);
  });

  it('is receive minus exchange time of a trade newer than any before', () => {
    const lateness = heard();
    lateness.traded(START + 1_000, micros(1_080));
    expect(lateness.lagMillis).toBe(80);
    lateness.traded(START + 1_000, micros(9_000));
    lateness.traded(START + 500, micros(9_000));
    lateness.traded(Number.NaN, micros(9_000));
    expect(lateness.lagMillis).toBe(80);
  });

  it('passes over a trade stamped ahead of the market, behind which none would be newer', () => {
    const lateness = heard();
    lateness.traded(START + MOST_AHEAD_MILLIS + 1, micros(0));
    lateness.traded(START + 3_600_000, micros(0));
    expect(lateness.lagMillis).toBeUndefined();
    lateness.traded(START + MOST_AHEAD_MILLIS, micros(0));
    expect(lateness.lagMillis).toBe(-MOST_AHEAD_MILLIS);
    lateness.traded(START + 3_000, micros(9_000));
    expect(lateness.lagMillis).toBe(6_000);
  });

  it('is told in the time of this machine where the market runs faster', () => {
    const lateness = heard(60);
    lateness.traded(START + 1_000, micros(4_000));
    expect(lateness.lagMillis).toBe(50);
  });

  it('is without what this machine’s clock is known to be ahead by, and never below nothing for it', () => {
    const lateness = heard();
    lateness.traded(START, micros(60_080), 60_000);
    expect(lateness.lagMillis).toBe(80);
    lateness.traded(START + 1_000, micros(60_500), 60_000);
    expect(lateness.lagMillis).toBe(0);
    lateness.traded(START + 2_000, micros(2_080), -60_000);
    expect(lateness.lagMillis).toBe(80);
    lateness.traded(START + 3_000, micros(2_500), 1_000);
    expect(lateness.lagMillis).toBe(-500);
  });

  it('is whole where trades of later than the time of day prove that wrong', () => {
    const lateness = heard();
    lateness.traded(START, micros(20_000), 22_000);
    expect(lateness.lagMillis).toBe(0);
    lateness.traded(START + 1, micros(20_001), 22_001);
    expect(lateness.lagMillis).toBe(20_000);
  });

  it('counts once it is beyond the limit', () => {
    const lateness = heard();
    lateness.traded(START, micros(LATE_AFTER_MILLIS));
    expect(lateness.lateMillis(micros(0), true)).toBe(0);
    lateness.traded(START + 1, micros(LATE_AFTER_MILLIS + 2));
    expect(lateness.lateMillis(micros(0), true)).toBe(LATE_AFTER_MILLIS + 1);
  });

  it('is worth telling once trade after trade has been two seconds late for two seconds', () => {
    const lateness = heard();
    const trade = (millis: number, lag: number) => {
      lateness.traded(START + millis, micros(millis + lag));
      return lateness.behindMillis;
    };
    expect([trade(0, 2_001), trade(1_000, 2_400), trade(1_900, 2_100)]).toEqual([0, 0, 0]);
    expect(trade(2_000, 2_001)).toBe(2_001);
    expect(trade(2_100, 2_000)).toBe(0);
    expect([trade(3_000, 2_001), trade(5_000, 9_000)]).toEqual([0, 9_000]);
    lateness.connected();
    expect(lateness.behindMillis).toBe(0);
  });

  it('is not known of a new connection, whatever the one before was like', () => {
    const lateness = heard();
    lateness.traded(START, micros(30_000));
    expect(lateness.lateMillis(micros(0), true)).toBe(30_000);
    lateness.connected();
    expect(lateness.lagMillis).toBeUndefined();
    expect(lateness.lateMillis(micros(0), true)).toBe(0);
  });

  it('is not known any more where no trade has borne it out for a while, as behind the last of a day', () => {
    const lateness = heard(2);
    const trade = (millis: number) => lateness.traded(START + millis, micros(millis + 12_000));
    [0, 2_000, 4_000].forEach(trade);
    const told = () => [
      lateness.lagMillis,
      lateness.behindMillis,
      lateness.lateMillis(micros(0), true),
    ];
    lateness.passed(micros(16_000 + 2 * LAG_STANDS_MILLIS));
    expect(told()).toEqual([6_000, 6_000, 6_000]);
    lateness.passed(micros(16_000 + 2 * LAG_STANDS_MILLIS + 1));
    expect(told()).toEqual([undefined, 0, 0]);
    trade(90_000);
    expect(told()).toEqual([6_000, 0, 6_000]);
  });

  it('is not known where this machine’s clock is behind, which trade after trade tells', () => {
    const lateness = heard();
    const trade = (millis: number, ahead: number) => {
      lateness.traded(START + millis, micros(millis - ahead));
      return lateness.aheadMillis;
    };
    expect([trade(0, 600_000), trade(1_000, 600_000), trade(1_999, 600_000)]).toEqual([0, 0, 0]);
    expect(trade(2_000, 599_960)).toBe(599_960);
    expect([lateness.lagMillis, lateness.lateMillis(micros(0), true)]).toEqual([undefined, 0]);
    lateness.connected();
    expect(lateness.aheadMillis).toBe(599_960);
  });

  it('finds no clock behind in a mistaken trade among good ones, nor in one that comes again and again', () => {
    const lateness = heard();
    for (let millis = 0; millis < 10_000; millis += 1_000) {
      lateness.traded(START + millis, micros(millis + 80));
      lateness.traded(START + millis + 3_600_000, micros(millis + 90));
      expect(lateness.aheadMillis).toBe(0);
    }
    for (let millis = 10_000; millis < 20_000; millis += 1_000) {
      lateness.traded(START + 7_200_000, micros(millis));
      expect(lateness.aheadMillis).toBe(0);
    }
  });

  it('begins its row of trades ahead anew where one goes back, as behind a mistaken one', () => {
    const lateness = heard();
    const trade = (millis: number, ahead: number) => {
      lateness.traded(START + millis + ahead, micros(millis));
      return lateness.aheadMillis;
    };
    expect([trade(0, 6_000), trade(1_500, 3_600_000), trade(2_000, 6_000)]).toEqual([0, 0, 0]);
    expect([trade(3_900, 6_000), trade(4_000, 6_000)]).toEqual([0, 6_000]);
  });

  it('finds the clock right again once no trade has come ahead of it for a while', () => {
    const lateness = heard(2);
    const trade = (millis: number) => lateness.traded(START + millis, micros(millis - 12_000));
    [0, 2_000, 4_000].forEach(trade);
    lateness.passed(micros(2 * LAG_STANDS_MILLIS - 8_000));
    expect(lateness.aheadMillis).toBe(6_000);
    lateness.passed(micros(2 * LAG_STANDS_MILLIS - 8_000 + 1));
    expect(lateness.aheadMillis).toBe(0);
    trade(90_000);
    expect(lateness.aheadMillis).toBe(0);
    trade(94_000);
    expect(lateness.aheadMillis).toBe(6_000);
  });

  it('grows with a silence that a new connection has not ended, until news comes', () => {
    const lateness = heard();
    lateness.wentSilent(micros(0));
    lateness.wentSilent(micros(8_000));
    lateness.connected();
    expect(lateness.lateMillis(micros(12_000), false)).toBe(12_000);
    expect(lateness.lateMillis(micros(13_000), true)).toBe(0);
    expect(lateness.lateMillis(micros(14_000), false)).toBe(0);
  });
});
