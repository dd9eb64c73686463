/**
 * What does a crowd of clients cost: a tool call under load, and the core thread meanwhile?
 *
 *     autocannon, 10 connections ─► /mcp tools/call      against a bare server with the same bytes
 *     autocannon, 200 connections ─► /mcp/call           most are refused by the caller's limit
 *     8 clients of the SDK, flat out ─► engine's socket  tool calls that the core answers
 *
 * The core's own histogram tells how long a frame takes to be a visible chain, idle and under each
 * crowd of the same run. Its buckets are coarse: a percentile is the upper bound of its bucket.
 */
import { EngineProcess } from '../test/support/engine-process.ts';
import type { Bench, BenchContext, BenchReport, Row } from './support/bench.ts';
import { check } from './support/bench.ts';
import { Dummy } from './support/dummy.ts';
import type { Load } from './support/load.ts';
import { loadOn } from './support/load.ts';
import { McpClient } from './support/mcp-client.ts';

const NAME = 'hammer';
const CROWD = 200;
const CALLERS = 8;
const SECONDS = 4;
const QUICK_SECONDS = 0.2;
const QUICK_CROWDED = 20;
const LOOK_SECONDS = 0.1;
const MOST_LOOKS = 200;
/** Below the 1,000 requests an hour that one caller has. */
const CALLS = 900;
const TICK = 'deltaring_tick_to_chain_seconds';
const MICROS_PER_SECOND = 1e6;
const SETTINGS = { RATE_LIMIT_REQUESTS_PER_MINUTE: '1000000' };

/** Cumulated counts of a histogram by the upper bounds of its buckets, in seconds. */
type Buckets = ReadonlyMap<number, number>;

async function ticks(engine: EngineProcess): Promise<Buckets> {
  const text = await (await fetch(`${engine.url}/metrics`)).text();
  const found = text.matchAll(new RegExp(`^${TICK}_bucket\\{le="([^"]+)"\\} (\\d+)`, 'gm'));
  return new Map(
    Array.from(found, ([, le = '', count]) => [
      le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
      Number(count),
    ]),
  );
}

/** The upper bound of the bucket that so many per cent of the newer ticks lie in or below; of the last
 * bucket, which has none, the lower. */
function percentile(before: Buckets, after: Buckets, percent: number): number {
  const total = Math.max(...after.values()) - Math.max(...before.values());
  for (const [bound, count] of after) {
    const newer = count - (before.get(bound) ?? 0);
    if (newer >= (total * percent) / 100 && bound < Number.POSITIVE_INFINITY) {
      return bound * MICROS_PER_SECOND;
    }
  }
  const finite = [...after.keys()].filter((bound) => bound < Number.POSITIVE_INFINITY);
  return Math.max(...finite) * MICROS_PER_SECOND;
}

/** The core's ticks while something goes on. */
async function ticksDuring(engine: EngineProcess, work: () => Promise<unknown>) {
  const before = await ticks(engine);
  await work();
  let after = await ticks(engine);
  const since = () => Math.max(...after.values()) - Math.max(...before.values());
  for (let look = 0; look < MOST_LOOKS && since() === 0; look += 1) {
    await pause(LOOK_SECONDS);
    after = await ticks(engine);
  }
  const count = since();
  check(count > 0, 'the core takes ticks meanwhile');
  const at = (percent: number): number => percentile(before, after, percent);
  return { count, p50: at(50), p99: at(99), p999: at(99.9) };
}

type Ticks = Awaited<ReturnType<typeof ticksDuring>>;

function tickRow(what: string, found: Ticks, idle: Ticks): Row {
  const { p50, p99, p999 } = found;
  const metric = `core, frame to visible chain, ${what} (${found.count} ticks)`;
  const row = { bench: NAME, metric, unit: 'us', p50, p99, p999 };
  if (found === idle) return row;
  return { ...row, peer: 'idle, same run', peerRatio: p99 / idle.p99, peerP50: idle.p50 };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1_000);
  });
}

/** All callers, one call after the other, until the time is up; resolves with how many calls. */
async function flatOut(callers: readonly McpClient[], seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  let calls = 0;
  const lane = async (client: McpClient): Promise<void> => {
    while (performance.now() < until) {
      const { isError } = await client.call('show_pnl');
      check(!isError, 'show_pnl answers');
      calls += 1;
    }
  };
  await Promise.all(callers.map(lane));
  return calls;
}

/** One tool call over HTTP, by a session of the protocol, against bare bytes. */
async function callUnderLoad(context: BenchContext, engine: EngineProcess) {
  const call = { name: 'market_status', arguments: {} };
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call };
  const body = JSON.stringify(message);
  const accept = 'application/json, text/event-stream';
  const common = { 'Content-Type': 'application/json', Accept: accept };
  const clientInfo = { name: 'bench', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const begun = await fetch(`${engine.url}/mcp`, {
    method: 'POST',
    headers: common,
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  });
  const session = begun.headers.get('mcp-session-id') ?? '';
  const headers = { ...common, 'Mcp-Session-Id': session };
  const answer = await fetch(`${engine.url}/mcp`, { method: 'POST', headers, body });
  const bytes = await answer.text();
  check(bytes.includes('"structuredContent"'), 'a tool call is answered in the session');
  const dummy = await Dummy.start({ contentType: 'application/json', body: bytes });
  try {
    const amount = context.count(CALLS);
    const asked = { seconds: SECONDS, body, amount };
    const floor = await loadOn({ ...asked, url: dummy.url, headers: common });
    const ours = await loadOn({ ...asked, url: `${engine.url}/mcp`, headers });
    check(ours.bad === 0 && ours.count >= amount, 'every call in the session is answered with 200');
    return { ours, floor };
  } finally {
    dummy.stop();
  }
}

async function run(context: BenchContext): Promise<BenchReport> {
  const engine = await EngineProcess.start({ settings: SETTINGS });
  const callers: McpClient[] = [];
  const seconds = context.quick ? QUICK_SECONDS : SECONDS;
  try {
    const { ours, floor } = await callUnderLoad(context, engine);
    for (let i = 0; i < CALLERS; i += 1) callers.push(await McpClient.overSocket(engine));
    const idle = await ticksDuring(engine, () => pause(seconds));
    const post = { url: `${engine.url}/mcp/call`, body: '{"name":"market_status"}' };
    let crowd: Load | undefined;
    const crowded = await ticksDuring(engine, async () => {
      const headers = { 'Content-Type': 'application/json' };
      const amount = context.quick ? { amount: CROWD + QUICK_CROWDED } : {};
      crowd = await loadOn({ ...post, headers, seconds, connections: CROWD, ...amount });
    });
    let calls = 0;
    const called = await ticksDuring(engine, async () => {
      calls = await flatOut(callers, seconds);
    });
    const rates = [ours, floor].map(({ requestsPerSecond }) => Math.round(requestsPerSecond));
    const asked = (crowd?.count ?? 0) + (crowd?.bad ?? 0);
    check(asked > CROWD, `${CROWD} clients are answered, one way or the other`);
    const { p50, p99, p999 } = ours;
    return {
      rows: [
        {
          bench: NAME,
          metric: 'market_status over HTTP, autocannon, 10 connections',
          unit: 'us',
          p50,
          p99,
          p999,
          floor: 'node:http, same bytes',
          floorRatio: p50 / floor.p50,
          floorP50: floor.p50,
        },
        tickRow('idle', idle, idle),
        tickRow(`${CROWD} HTTP clients`, crowded, idle),
        tickRow(`${CALLERS} clients calling show_pnl flat out`, called, idle),
      ],
      checks: [
        `${ours.count} tool calls by autocannon in one session, every one answered with 200`,
        `${asked} requests of ${CROWD} clients were answered or refused, ${calls} tool calls of ${CALLERS} clients answered`,
      ],
      notes: [
        `market_status over HTTP: ${rates[0]} calls a second on 10 connections, the bare server ${rates[1]}.`,
        `Of the ${CROWD} clients' requests ${crowd?.count ?? 0} were within the caller's hourly limit and answered with 200.`,
        'Engine and load share the machine; the load has a processor of its own where there are two.',
      ],
    };
  } finally {
    await Promise.allSettled(callers.map((client) => client.leave()));
    await engine.stop();
    await engine.remove();
  }
}

export const bench: Bench = {
  name: NAME,
  question: 'What does a crowd of clients cost: a tool call under load, and the core meanwhile?',
  run,
};
