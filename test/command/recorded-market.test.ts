import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RecordingEncoder } from '../../src/audit/session-recording.ts';
import {
  describeTape,
  firstMinuteOf,
  playedIn,
  readRecordedMarket,
} from '../../src/command/recorded-market.ts';
import { DEFAULT_EXIT_SETTINGS } from '../../src/desk/exits/exit-settings.ts';
import { encodeInput } from '../../src/desk/input-codec.ts';
import type { Input } from '../../src/desk/inputs.ts';
import { encodeRecordedStart } from '../../src/desk/recorded-start.ts';
import { configFor } from '../../src/desk/simulation/session-config.ts';
import type { OptionContract } from '../../src/engine/domain/instrument.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { price, sessionDate } from '../../src/engine/domain/units.ts';
import { limitsFrom } from '../../src/risk/limits.ts';
import { TAPE_KINDS } from '../../src/sim/replay/market-tape.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { buildAt } from '../support/chain-builder.ts';

const DATE = sessionDate('2026-11-20');
const MINUTE = 60_000_000;

function contract(strike: number, expiry = DATE): OptionContract {
  return { kind: 'option', root: 'SPY', expiry, right: 'call', strike: price(strike * 10_000) };
}

const at = (minutes: number) => buildAt(DATE, minutes);

function listing(minutes: number, contracts: readonly OptionContract[], date = DATE): Input {
  const taken = { underlying: 'SPY', date, contracts };
  return { kind: 'listing', at: at(minutes), listing: taken };
}

function quote(minutes: number, index: number, bid: number | undefined): Input {
  const sizes = { bidSize: 3, askSize: 4 };
  const bidPrice = bid === undefined ? undefined : price(bid);
  return { kind: 'quote', at: at(minutes), index, bid: bidPrice, ask: price(5_000), ...sizes };
}

function clock(minutes: number): Input {
  return { kind: 'clock', at: at(minutes) };
}

function bar(minutes: number, startsAt: number): Input {
  const flat = { open: price(1), high: price(4), low: price(1), close: price(3), volume: 7 };
  return { kind: 'bar', at: at(minutes), bar: { startsAt: at(startsAt).market, ...flat } };
}

const START = {
  config: configFor(limitsFrom(), DEFAULT_EXIT_SETTINGS),
  paperSeed: 1,
  accountId: 'PAPER-TEST',
  at: at(630),
  lastSeq: 0,
};

function recordingOf(inputs: readonly Input[]): string {
  const encoder = new RecordingEncoder();
  const begin = encoder.begin({ build: 'test', v8: 'any', arch: 'any', session: DATE });
  const chunks = [encodeRecordedStart(START), ...inputs.map(encodeInput)];
  const file = join(homeWith([]), 'session.rec');
  writeFileSync(file, Buffer.concat([begin, ...chunks.map((chunk) => encoder.chunk(chunk))]));
  return file;
}

describe('the market of a recording', () => {
  it('is every quote, trade, greek, open interest and bar, by time of day and row', () => {
    const file = recordingOf([
      listing(630, [contract(650), contract(651)]),
      quote(630.5, 1, 4_900),
      quote(631, -1, undefined),
      { kind: 'last', at: at(632), index: 0, price: price(5_100), volume: undefined },
      { kind: 'feedGreeks', at: at(633), index: 1, delta: 0.25, impliedVol: 0.2 },
      { kind: 'openInterest', at: at(634), index: 1, contracts: 99 },
      bar(635, 634),
      { kind: 'clock', at: at(636) },
    ]);
    const tape = readRecordedMarket(file, 'SPY');
    expect(tape).toMatchObject({ underlying: 'SPY', date: DATE });
    expect(tape.contracts).toEqual([contract(650), contract(651)]);
    const { kinds, rows, times, values } = tape.events;
    const { quote: quoted, last, greeks, openInterest } = TAPE_KINDS;
    expect([...kinds]).toEqual([quoted, quoted, last, greeks, openInterest]);
    expect([...rows]).toEqual([1, -1, 0, 1, 1]);
    expect([...times]).toEqual([630.5, 631, 632, 633, 634].map((minutes) => minutes * MINUTE));
    const none = Number.NaN;
    expect(
      [...rows].map((_, place) => Array.from(values.subarray(place * 4, place * 4 + 4))),
    ).toEqual([
      [4_900, 5_000, 3, 4],
      [none, 5_000, 3, 4],
      [5_100, none, none, none],
      [0.25, 0.2, none, none],
      [99, none, none, none],
    ]);
    const prices = { open: 1, high: 4, low: 1, close: 3, volume: 7 };
    expect(tape.bars).toEqual([{ at: 635 * MINUTE, startsAt: 634 * MINUTE, ...prices }]);
  });

  it('numbers rows in the order in which contracts were first listed', () => {
    const file = recordingOf([
      listing(630, [contract(651), contract(650), contract(650, sessionDate('2026-11-23'))]),
      quote(630.5, 0, 1),
      listing(645, [contract(650), contract(652), contract(651)]),
    ]);
    const { contracts } = readRecordedMarket(file, 'SPY');
    expect(contracts).toEqual([contract(651), contract(650), contract(652)]);
  });

  it('ends with the session that was listed first', () => {
    const next = sessionDate('2026-11-23');
    const file = recordingOf([
      listing(630, [contract(650)]),
      quote(630.5, 0, 1),
      listing(631, [contract(700, next)], next),
      { ...quote(0, 0, 2), at: buildAt(next, 600) },
      { ...bar(0, 0), at: buildAt(DATE, 632) },
    ]);
    const tape = readRecordedMarket(file, 'SPY');
    expect(tape.contracts).toEqual([contract(650)]);
    expect([...tape.events.times]).toEqual([630.5 * MINUTE]);
  });

  it('begins with the next session where that of its day was over, or was never listed', () => {
    const next = sessionDate('2026-11-23');
    const onNext = { ...quote(0, 0, 2), at: buildAt(next, 600) };
    const evening = [quote(1_040, -1, 1), listing(1_051, [contract(700, next)], next), onNext];
    const over = recordingOf([listing(1_000, [contract(650)]), ...evening]);
    const never = recordingOf([clock(640), quote(650, -1, 1), clock(700), ...evening]);
    for (const file of [over, never]) {
      const tape = readRecordedMarket(file, 'SPY');
      expect(tape).toMatchObject({ date: next, contracts: [contract(700, next)] });
      expect([...tape.events.times]).toEqual([600 * MINUTE]);
    }
  });

  it('leaves out bars that the feed took back', () => {
    const gone: Input = { kind: 'barGone', at: at(633), startsAt: at(630).market };
    const inputs = [
      listing(630, [contract(650)]),
      quote(630.5, 0, 1),
      bar(631, 630),
      bar(632, 631),
    ];
    const kept = readRecordedMarket(recordingOf([...inputs, gone]), 'SPY').bars;
    const all = readRecordedMarket(recordingOf(inputs), 'SPY').bars;
    expect(kept).toEqual(all.slice(1));
  });

  it('leaves out bars of the day before', () => {
    const before = newYorkInstant(sessionDate('2026-11-19'), 900);
    const old: Input = bar(631, 630);
    const file = recordingOf([
      listing(630, [contract(650)]),
      quote(630.5, 0, 1),
      old.kind === 'bar' ? { ...old, bar: { ...old.bar, startsAt: before } } : old,
    ]);
    expect(readRecordedMarket(file, 'SPY').bars).toEqual([]);
  });

  it('is entered in the first whole minute with quotes, and told in words', () => {
    const file = recordingOf([
      listing(630, [contract(650)]),
      { kind: 'openInterest', at: at(630.1), index: 0, contracts: 1 },
      quote(631.5, 0, 1),
      quote(700.5, 0, 2),
    ]);
    const tape = readRecordedMarket(file, 'SPY');
    expect(firstMinuteOf(tape)).toBe(632);
    expect(describeTape(tape)).toBe(
      'the market of SPY recorded on 2026-11-20 from 10:32 to 11:40 New York, 1 contracts',
    );
  });

  it('is played in sessions of its own kind, from its first quote on', () => {
    const half = sessionDate('2026-11-27');
    const onHalf = { ...quote(0, 0, 1), at: buildAt(half, 631.5) };
    const listed = { ...listing(0, [contract(650, half)], half), at: buildAt(half, 630) };
    const ofHalf = readRecordedMarket(recordingOf([listed, onHalf]), 'SPY');
    expect(playedIn(ofHalf)).toEqual({ kind: 'half', firstMinute: 632 });
    const ofFull = readRecordedMarket(
      recordingOf([listing(630, [contract(650)]), quote(640, 0, 1)]),
      'SPY',
    );
    expect(playedIn(ofFull)).toEqual({ kind: 'full', firstMinute: 640 });
  });
});

describe('a recording that cannot be played', () => {
  it('is refused where there is no such file', () => {
    expect(() => readRecordedMarket('/nowhere/session.rec', 'SPY')).toThrow(
      /REPLAY_FILE \/nowhere\/session\.rec cannot be played: ENOENT.*recordings\//,
    );
  });

  it('is refused where the file is something else', () => {
    const file = join(homeWith([]), 'notes.txt');
    writeFileSync(file, 'not a recording at all');
    expect(() => readRecordedMarket(file, 'SPY')).toThrow(/does not begin as one/);
  });

  it('is refused where it is of another underlying', () => {
    const file = recordingOf([listing(630, [contract(650)]), quote(630.5, 0, 1)]);
    expect(() => readRecordedMarket(file, 'QQQ')).toThrow(
      /it is of SPY, and DELTARING_UNDERLYING is QQQ: make them the same/,
    );
  });

  it('is refused where it holds no quotes', () => {
    const file = recordingOf([listing(630, [contract(650)])]);
    expect(() => readRecordedMarket(file, 'SPY')).toThrow(/it holds no quotes/);
  });

  it('is refused where what was held may have had its rows before the listing came', () => {
    const waited = (seconds: number): string =>
      recordingOf([
        clock(640),
        clock(640 + seconds / 60),
        listing(641, [contract(650)]),
        quote(641.5, 0, 1),
      ]);
    expect(() => readRecordedMarket(waited(5), 'SPY')).toThrow(/its listing came late/);
    expect(readRecordedMarket(waited(4), 'SPY').contracts).toEqual([contract(650)]);
  });

  it('is refused where it lists more than a chain holds', () => {
    const many = Array.from({ length: 1_025 }, (_, index) => contract(100 + index));
    const file = recordingOf([listing(630, many), quote(630.5, 0, 1)]);
    expect(() => readRecordedMarket(file, 'SPY')).toThrow(/more contracts than a chain holds/);
    const fitting = recordingOf([listing(630, many.slice(1)), quote(630.5, 0, 1)]);
    expect(readRecordedMarket(fitting, 'SPY').contracts).toHaveLength(1_024);
  });
});
