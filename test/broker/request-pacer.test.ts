import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALPACA_PACE } from '../../src/broker/alpaca/alpaca-pace.ts';
import type { PacePlan, Turn } from '../../src/broker/request-pacer.ts';
import { createPaceMemory, RequestPacer } from '../../src/broker/request-pacer.ts';
import { TASTYTRADE_PACE } from '../../src/broker/tastytrade/tastytrade-pace.ts';
import type { PacerStorm } from './pacer-storm.ts';
import { STORM_BYTES, storm } from './pacer-storm.ts';

const SECOND = 1_000_000;
const TURNS: readonly Turn[] = ['exit', 'search', 'entry', 'read', 'look'];
const READS: ReadonlySet<Turn> = new Set(['read', 'picture', 'look']);
const PLAN: PacePlan = [
  { limit: 1, windowMicros: SECOND, covers: /^GET \/one/, looksAfterMicros: 2 * SECOND },
  {
    limit: 5,
    windowMicros: SECOND,
    covers: /^/,
    shares: { search: 4, entry: 3, read: 2, picture: 2, look: 1 },
  },
];

/** Pacers of several threads over one memory. */
function pacers(count: number, plan = PLAN): RequestPacer[] {
  const memory = createPaceMemory(plan);
  return Array.from({ length: count }, () => new RequestPacer(plan, memory));
}

function taker(plan = PLAN) {
  const [pacer] = pacers(1, plan);
  if (pacer === undefined) throw new Error('one pacer');
  const take = (turn: Turn, now: number, path = '/any', method = 'GET') =>
    pacer.take({ turn, method, path }, now);
  return { pacer, take };
}

/** True where a stretch of a window holds more than the ceiling. */
function isOver(times: readonly number[], limit: number, windowMicros: number): boolean {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted.some(
    (time, i) => (sorted[i + limit] ?? Number.POSITIVE_INFINITY) - time < windowMicros,
  );
}

describe('the turns of an account', () => {
  it('are left to those before: reads to openings, openings to searches, all of them to exits', () => {
    const { take } = taker();
    const first = (turn: Turn) => Array.from({ length: 9 }, () => take(turn, 1)).indexOf(SECOND);
    expect(TURNS.toReversed().map(first)).toEqual([1, 1, 1, 1, 1]);
    expect(take('exit', SECOND)).toBe(1);
    expect(take('exit', SECOND + 1)).toBe(0);
  });

  it('are taken by whomever: a kind stops where so many are, and goes on before those behind it', () => {
    const { take } = taker();
    expect([take('exit', 1), take('exit', 2)]).toEqual([0, 0]);
    expect([take('look', 3), take('read', 3)]).toEqual([SECOND - 1, SECOND - 2]);
    expect([take('entry', 3), take('search', 4)]).toEqual([0, 0]);
    expect([take('look', 5), take('read', 5)]).toEqual([SECOND - 1, SECOND - 2]);
    expect(take('read', SECOND + 2)).toBe(1);
    expect(take('read', SECOND + 3)).toBe(0);
  });

  it('of moves leave some to exits and to what finishes them', () => {
    const { take } = taker(ALPACA_PACE);
    const pairs = Array.from({ length: 200 }, () => [take('move', 1), take('finish', 1)]);
    expect(pairs.findIndex(([move]) => move !== 0)).toBe(80);
    const [pair] = pairs.slice(80);
    expect(pair).toEqual([62 * SECOND, 0]);
    const other = taker(ALPACA_PACE).take;
    for (let move = 0; move < 80; move += 1)
      expect([other('move', 1), other('finish', 1)]).toEqual([0, 0]);
    const exits = Array.from({ length: 50 }, () => other('exit', 1));
    expect(exits.filter((wait) => wait === 0)).toHaveLength(40);
  });

  it('tell when to ask again, and take nothing where there is none', () => {
    const { take } = taker();
    expect(take('look', 10)).toBe(0);
    expect(take('look', 400_010)).toBe(600_000);
    expect(take('read', 400_010)).toBe(0);
    expect(take('look', SECOND + 10)).toBe(400_000);
    expect(take('look', SECOND + 400_010)).toBe(0);
  });

  it('of an endpoint are apart from the others, and a look leaves it to the own books', () => {
    const { take } = taker();
    expect(take('read', 1, '/one')).toBe(0);
    expect(take('read', 1, '/one')).toBe(SECOND);
    expect(take('read', 2)).toBe(0);
    expect(take('read', SECOND + 1, '/one')).toBe(0);
    expect(take('look', 2 * SECOND + 1, '/one')).toBe(SECOND);
    expect(take('look', 3 * SECOND + 1, '/one')).toBe(0);
  });

  it('of an endpoint are given back where the account has none', () => {
    const { take } = taker();
    expect(take('look', 1)).toBe(0);
    expect(take('look', SECOND, '/one')).toBe(1);
    expect(take('read', SECOND, '/one')).toBe(0);
  });

  it('rest after a 429 but for exits, longer each time in a row, on every thread', () => {
    const [one, other] = pacers(2);
    const wait = (turn: Turn, now: number) => other?.take({ turn, method: 'GET', path: '/' }, now);
    one?.onStatus(429, 0, 1);
    one?.onStatus(429, 1, 1);
    expect(TURNS.map((turn) => wait(turn, SECOND))).toEqual([0, SECOND, SECOND, SECOND, SECOND]);
    expect([wait('finish', SECOND), wait('move', SECOND)]).toEqual([0, SECOND]);
    other?.onStatus(200, SECOND, 1);
    one?.onStatus(429, 2 * SECOND, 0);
    expect(wait('read', 2 * SECOND)).toBe(2 * SECOND);
    one?.onStatus(200, 4 * SECOND, 1);
    one?.onStatus(429, 5 * SECOND, 1);
    expect(wait('entry', 5 * SECOND)).toBe(2 * SECOND);
    for (let now = 7; now < 700; now += 60) one?.onStatus(429, now * SECOND, 1);
    expect(wait('search', 668 * SECOND)).toBe(59 * SECOND);
  });

  it('rest no shorter than the broker asks, also where it asks while they rest', () => {
    const [one, other] = pacers(2);
    const wait = (now: number) => other?.take({ turn: 'read', method: 'GET', path: '/' }, now);
    one?.onStatus(429, 0, 1, 9 * SECOND);
    expect(wait(SECOND)).toBe(8 * SECOND);
    one?.onStatus(429, SECOND, 1, 3 * SECOND);
    expect(wait(SECOND)).toBe(8 * SECOND);
    one?.onStatus(429, SECOND, 1, 30 * SECOND);
    expect(wait(SECOND)).toBe(30 * SECOND);
    one?.onStatus(429, 40 * SECOND, 1, 1);
    expect(wait(40 * SECOND)).toBe(4 * SECOND);
  });

  it('are refused on memory of another plan', () => {
    expect(() => new RequestPacer(PLAN, createPaceMemory(ALPACA_PACE))).toThrow(RangeError);
  });
});

const asks = fc.array(
  fc.record({
    thread: fc.nat(2),
    turn: fc.constantFrom<Turn>('finish', 'move', 'picture', ...TURNS),
    path: fc.constantFrom('/one', '/v2/orders', '/v2/account', '/v1beta1/options/snapshots'),
    after: fc.oneof(fc.nat(60_000), fc.nat(2_000_000)),
  }),
  { minLength: 50, maxLength: 700, size: 'max' },
);

describe.each([
  { name: 'three threads before a small plan', plan: PLAN },
  { name: 'three threads before Alpaca', plan: ALPACA_PACE },
  { name: 'three threads before tastytrade', plan: TASTYTRADE_PACE },
])('$name', ({ plan }) => {
  it('never ask more than a ceiling in any window, and no read ever makes an exit wait', () => {
    fc.assert(
      fc.property(asks, (all) => {
        const threads = pacers(3, plan);
        const taken: { now: number; turn: Turn; text: string }[] = [];
        let now = 1;
        for (const { thread, turn, path, after } of all) {
          now += after;
          const request = { turn, method: 'GET', path };
          const isTaken = threads[thread]?.take(request, now) === 0;
          if (isTaken) taken.push({ now, turn, text: `GET ${path}` });
          if (turn !== 'exit' || isTaken) continue;
          const full = plan.filter(({ limit, windowMicros, covers, shares }) => {
            const others = taken.filter((t) => covers.test(t.text) && now - t.now < windowMicros);
            const reads = others.filter((t) => READS.has(t.turn)).length;
            return (
              covers.test(`GET ${path}`) && others.length - reads >= limit - (shares?.read ?? limit)
            );
          });
          expect(full).not.toEqual([]);
        }
        for (const { limit, windowMicros, covers } of plan) {
          const times = taken.filter(({ text }) => covers.test(text)).map((each) => each.now);
          expect(isOver(times, limit, windowMicros)).toBe(false);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('threads that ask at the same moment', () => {
  it('never ask more than the ceiling in any window between them', async () => {
    const plan: PacePlan = [{ limit: 20, windowMicros: 400, covers: /^/, shares: { look: 8 } }];
    const words = new SharedArrayBuffer(STORM_BYTES);
    const shared = { plan, memory: createPaceMemory(plan), words, until: 60_000 };
    const theirs: PacerStorm = { ...shared, thread: 1, turns: ['look', 'read'] };
    const worker = new Worker(new URL('./pacer-storm-worker.ts', import.meta.url), {
      workerData: theirs,
    });
    const message = once(worker, 'message');
    const mine = storm({ ...shared, thread: 0, turns: ['exit', 'look'] });
    const [other] = (await message) as [number[]];
    const all = [...mine, ...other];
    expect(isOver(all, 20, 400)).toBe(false);
    // Nothing is lost either: the ceiling is reached in nearly every window.
    expect(all.length).toBeGreaterThan((0.9 * 60_000 * 20) / 400);
    expect(Math.min(mine.length, other.length)).toBeGreaterThan(0);
  });
});

describe('the ceilings of a broker', () => {
  const waits = (plan: PacePlan, count: number, turn: Turn, path: string) => {
    const { take } = taker(plan);
    return Array.from({ length: count }, () => take(turn, 1, path)).filter((wait) => wait === 0)
      .length;
  };

  it('count the market data of Alpaca apart from the account', () => {
    expect(waits(ALPACA_PACE, 300, 'exit', '/v2/orders/1')).toBe(200);
    expect(waits(ALPACA_PACE, 300, 'read', '/v2/positions')).toBe(152);
    expect(waits(ALPACA_PACE, 300, 'picture', '/v2/orders?status=all')).toBe(145);
    expect(waits(ALPACA_PACE, 300, 'look', '/v2/watchlists')).toBe(125);
    expect(waits(ALPACA_PACE, 300, 'look', '/v2/stocks/snapshots?symbols=SPY')).toBe(200);
    expect(waits(ALPACA_PACE, 300, 'look', '/v1beta1/options/snapshots')).toBe(200);
  });

  it('find the endpoints of tastytrade by their paths', () => {
    const most = (path: string) => waits(TASTYTRADE_PACE, 60, 'read', path);
    expect(most('/accounts/5WT1/positions?include-marks=true')).toBe(1);
    expect(most('/accounts/5WT1/balances')).toBe(1);
    expect(most('/market-data/by-type?equity=SPY')).toBe(2);
    expect(most('/option-chains/SPY/nested')).toBe(2);
    expect(most('/instruments/equities?symbol[]=SPY')).toBe(2);
    expect(most('/instruments/equities/SPY')).toBe(3);
    expect(most('/accounts/5WT1/orders/live')).toBe(30);
    expect(waits(TASTYTRADE_PACE, 60, 'exit', '/accounts/5WT1/orders/7')).toBe(50);
  });
});
