/**
 * What do /health and /metrics cost under load, and what of it is HTTP itself?
 *
 *     processor 1: autocannon, 10 connections ─► processor 0: engine      /health, /metrics
 *                                             └► processor 0: dummy       the same bytes from node:http
 *
 * Floor: node:http answering with the very same bytes and doing nothing for it.
 */
import { EngineProcess } from '../test/support/engine-process.ts';
import type { Bench, BenchContext, BenchReport, Row } from './support/bench.ts';
import { check } from './support/bench.ts';
import { Dummy } from './support/dummy.ts';
import type { Load } from './support/load.ts';
import { loadOn } from './support/load.ts';
import { isPinned, PIN_SERVER } from './support/pinned-node.ts';
import { median } from './support/samples.ts';

const NAME = 'http';
const SECONDS = 1;
const QUICK_REQUESTS = 40;

async function cleanLoad(url: string, { quick }: BenchContext): Promise<Load> {
  const load = await loadOn({ url, seconds: SECONDS, ...(quick && { amount: QUICK_REQUESTS }) });
  check(load.bad === 0 && load.count > 0, `every request to ${url} is answered with 200`);
  return load;
}

async function compare(context: BenchContext, engineUrl: string, path: string) {
  const response = await fetch(`${engineUrl}${path}`);
  const body = await response.text();
  check(response.status === 200 && body.length > 0, `${path} answers`);
  const contentType = response.headers.get('content-type') ?? 'text/plain';
  const dummy = await Dummy.start({ contentType, body });
  const ours: Load[] = [];
  const floor: Load[] = [];
  try {
    for (let round = 0; round < context.rounds; round += 1) {
      const turns = [
        async () => ours.push(await cleanLoad(`${engineUrl}${path}`, context)),
        async () => floor.push(await cleanLoad(`${dummy.url}${path}`, context)),
      ];
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
    }
  } finally {
    dummy.stop();
  }
  return { path, bytes: body.length, ours, floor };
}

type Comparison = Awaited<ReturnType<typeof compare>>;

function rowFor({ path, bytes, ours, floor }: Comparison): Row {
  const of = (loads: readonly Load[], field: keyof Load): number =>
    median(loads.map((load) => load[field]));
  return {
    bench: NAME,
    metric: `${path} under 10 connections (${bytes} bytes)`,
    unit: 'us',
    p50: of(ours, 'p50'),
    p99: of(ours, 'p99'),
    p999: of(ours, 'p999'),
    floor: 'node:http, same bytes',
    floorRatio: median(ours.map((load, round) => load.p50 / (floor[round]?.p50 ?? Number.NaN))),
    floorP50: of(floor, 'p50'),
  };
}

function rateNote({ path, ours, floor }: Comparison): string {
  const rate = (loads: readonly Load[]): number =>
    Math.round(median(loads.map(({ requestsPerSecond }) => requestsPerSecond)));
  return `${path}: ${rate(ours)} requests a second, node:http ${rate(floor)}.`;
}

async function run(context: BenchContext): Promise<BenchReport> {
  const engine = await EngineProcess.start({ shell: PIN_SERVER });
  try {
    const health = await compare(context, engine.url, '/health');
    const metrics = await compare(context, engine.url, '/metrics');
    const answered = [...health.ours, ...metrics.ours].reduce((sum, { count }) => sum + count, 0);
    return {
      rows: [rowFor(health), rowFor(metrics)],
      checks: [`${answered} requests to the engine, every one answered with 200`],
      notes: [
        rateNote(health),
        rateNote(metrics),
        `The engine keeps streaming, valuing and recording its chain meanwhile, ${isPinned ? 'all its threads on one processor' : 'unpinned: no taskset or no second processor here'}. Percentiles are medians of the rounds'.`,
      ],
    };
  } finally {
    await engine.stop();
    await engine.remove();
  }
}

export const bench: Bench = {
  name: NAME,
  question: 'What do /health and /metrics cost under load, and what of it is HTTP itself?',
  run,
};
