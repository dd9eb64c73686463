/** Sessions of a soak, one after the other: what is done in each, and what is measured after it. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import type { OrderRecord } from '../../../src/desk/orders/order-book.ts';
import { isFinal } from '../../../src/desk/orders/order-book.ts';
import { newYorkMinutes } from '../../../src/engine/domain/session-calendar.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import {
  epochMicros,
  MICROS_PER_MINUTE,
  PRICE_PER_DOLLAR,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import { growsBeyond, slopeOf } from './slope.ts';
import { SoakEngine } from './soak-engine.ts';

/** What this process holds after a session and a collection. */
export interface Held {
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly descriptors: number;
  readonly handles: number;
}

/** What happened in a session. */
export interface SoakSession {
  readonly date: string;
  /** Market events that reached the desk. */
  readonly events: number;
  /** The least events that any contract of the open had, quotes only. */
  readonly contracts: number;
  readonly beats: number;
  /** Orders filled: what opens, and what the day's end closes. */
  readonly filled: number;
  readonly held: Held;
}

export interface SoakPlan {
  readonly sessions: number;
  readonly seed: number;
  readonly underlying: string;
  /** Market seconds from one beat to the next in session. */
  readonly beatSeconds: number;
  /** Market seconds from one move of its prices to the next; a multiple of those of a beat. */
  readonly moveSeconds: number;
  /** A bug on purpose: something is kept of every session. */
  readonly leaks: boolean;
  /** False: nothing is traded, a bug on purpose. */
  readonly trades?: boolean;
  /** Called after each session; false ends the soak there. */
  readonly onSession: (session: SoakSession) => boolean;
}

const FIRST_SESSION = sessionDate('2026-01-05');
const FROM_DAY = 20;
/** Allowed growth a session: a year of it is 4 MB of heap and 1 MB beside it. The heap is not quite
 * still by day 20: V8 goes on compiling and collecting type feedback for a hundred sessions, which made
 * 8 KB a session over a year. */
const ALLOWED: Readonly<Record<keyof Held, number>> = {
  heapBytes: 16_384,
  externalBytes: 4_096,
  descriptors: 0.02,
  handles: 0.02,
};
/** Wall seconds of a beat: no quote gets older than this, however fast the market runs. */
const BEAT_WALL_SECONDS = 5;
/** Out of session: less than the silence after which a connection is given up. */
const QUIET_WALL_SECONDS = 20;

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

function collectGarbage(): void {
  if (typeof collect === 'function') collect();
}

async function held(): Promise<Held> {
  collectGarbage();
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    handles: process.getActiveResourcesInfo().length,
  };
}

/** What is traded on a day, by the minute of New York's day from which it is tried until it has filled. */
function agendaOf(underlying: string, spot: number): ReadonlyMap<number, StrategyRequest> {
  const { strikeSpacing } = underlyingOf(underlying);
  const strike = Math.round(spot / strikeSpacing) * strikeSpacing;
  const width = 5 * strikeSpacing;
  return new Map<number, StrategyRequest>([
    [
      635,
      { strategy: 'iron_condor_30_delta', width, shortDelta: 30, select: 'delta', quantity: 1 },
    ],
    [660, { strategy: 'straddle_scan', strike, quantity: 1 }],
  ]);
}

/** The openings of a day's own by a strategy. */
function ordersOf({ strategy }: StrategyRequest, { desk }: SoakEngine): readonly OrderRecord[] {
  const { orders, day: today } = desk.context;
  return orders.all().filter(({ intent, createdAt }) => {
    const isOpening = intent.strategy === strategy && intent.purpose === 'open';
    return isOpening && createdAt.market >= today.session.open;
  });
}

/** Runs the sessions; hands back the violations of what must hold in each of them. */
export async function soak(plan: SoakPlan): Promise<readonly string[]> {
  const engine = await SoakEngine.start({
    underlying: plan.underlying,
    seed: plan.seed,
    firstSession: FIRST_SESSION,
    wallStart: epochMicros(1_767_000_000_000_000),
    speed: plan.beatSeconds / BEAT_WALL_SECONDS,
  });
  const kept: unknown[] = [];
  const violations: string[] = [];
  let [days, filled] = [0, 0];
  try {
    for (let index = 0; index < plan.sessions; index += 1) {
      const session = await day(engine, plan, violations);
      days += 1;
      filled += session.filled;
      if (plan.leaks) kept.push(engine.desk.context.reader.slice(), new Float64Array(10_000));
      if (!plan.onSession({ ...session, held: await held() })) break;
    }
  } finally {
    await engine.stop();
  }
  if (filled < days) violations.push(`only ${filled} orders were filled in ${days} sessions`);
  return violations;
}

async function day(
  engine: SoakEngine,
  plan: SoakPlan,
  violations: string[],
): Promise<Omit<SoakSession, 'held'>> {
  const { session } = engine.desk.context.day;
  const eventsBefore = engine.counters.get('feed_events');
  const filledBefore = engine.counters.get('orders_filled');
  let [contracts, beats] = [0, 0];
  const beatsPerMove = plan.moveSeconds / plan.beatSeconds;
  let dropAt = session.open + (60 + (plan.seed % 100)) * MICROS_PER_MINUTE;
  let agenda: Map<number, StrategyRequest> | undefined;
  const complain = (what: string): void => {
    violations.push(`${session.date}: ${what}`);
  };
  while (engine.desk.context.day.session.date === session.date) {
    const { market } = engine.at;
    const isOpen = market >= session.open && market < session.lastTrade;
    if (!isOpen) {
      await engine.beat(QUIET_WALL_SECONDS, 'moves');
      continue;
    }
    const moves = beats % beatsPerMove === 0;
    await engine.beat(BEAT_WALL_SECONDS, moves ? 'moves' : 'stands');
    beats += 1;
    const { context } = engine.desk;
    contracts = Math.max(contracts, context.chain.contractCount);
    const { lastSpot } = context.day;
    if (lastSpot?.bid !== undefined) {
      const spot = lastSpot.bid / PRICE_PER_DOLLAR;
      agenda ??= new Map(plan.trades === false ? [] : agendaOf(plan.underlying, spot));
    }
    const minute = newYorkMinutes(engine.at.market);
    for (const [due, request] of moves && agenda !== undefined ? agenda : []) {
      if (minute < due) continue;
      const given = ordersOf(request, engine);
      if (given.some(({ status }) => status === 'filled')) agenda?.delete(due);
      else if (given.every(isFinal)) engine.trade(request);
    }
    if (market >= dropAt) {
      dropAt = Number.POSITIVE_INFINITY;
      engine.dropConnection();
    }
  }
  const { book, orders } = engine.desk.context;
  const events = engine.counters.get('feed_events') - eventsBefore;
  if (contracts < 300) complain(`only ${contracts} contracts were listed`);
  if (events < contracts * beats * 0.9) {
    complain(`${events} events are fewer than one a contract and beat (${contracts} × ${beats})`);
  }
  const filled = engine.counters.get('orders_filled') - filledBefore;
  const optionsLeft = book
    .structures()
    .filter(({ legs }) => legs.some(({ instrument }) => instrument.kind === 'option'));
  if (optionsLeft.length > 0) complain('options outlived their session');
  if (orders.live().length > 0) complain('an order outlived its session');
  return { date: session.date, events, contracts, beats, filled };
}

/** Growth that is surely more than allowed, one sentence each; of the sessions after the first ones. */
export function growthFaults(sessions: readonly SoakSession[]): readonly string[] {
  const counted = sessions.slice(FROM_DAY);
  return Object.entries(ALLOWED).flatMap(([name, allowed]) => {
    const values = counted.map((session) => session.held[name as keyof Held]);
    if (!growsBeyond(values, allowed)) return [];
    const { perStep, error } = slopeOf(values);
    return [
      `${name} grow by ${perStep.toFixed(2)} ± ${error.toFixed(2)} a session, ${allowed} allowed`,
    ];
  });
}

/** The slopes after the first sessions, as numbers for a report. */
export function slopes(sessions: readonly SoakSession[]): Readonly<Record<string, number>> {
  const counted = sessions.slice(FROM_DAY);
  const rows = Object.keys(ALLOWED).map((name): [string, number] => {
    const { perStep } = slopeOf(counted.map((session) => session.held[name as keyof Held]));
    return [`${name} a session`, Number(perStep.toFixed(3))];
  });
  return Object.fromEntries(rows);
}
