/**
 * How long does the core thread take for a preview, from the command to the card with its token?
 *
 *     command ─► fresh slice ─► strategy ─► prices ─► payoff ─► every risk check ─► card, token
 *                                                                  └─► record to the journal
 *
 * Floor: the chain's bytes copied once and the same card written as JSON: no preview can look at a
 * fresh chain and answer with less.
 */

import type { StrategyRequest } from '../src/desk/engine-api-requests.ts';
import { CHAIN_CELLS } from '../src/engine/chain/chain-layout.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { BenchDesk, CONDOR, cardIn, TRADER } from './support/bench-desk.ts';
import type { Measure } from './support/paired.ts';
import { oneByOne, paired, rowOf } from './support/paired.ts';
import { nanosNow } from './support/samples.ts';

const NAME = 'preview';
const STEP_MICROS = 100_000;
const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };

/** Each preview sees a chain that changed since the one before. */
function previews(desk: BenchDesk, request: StrategyRequest, times: number): Measure {
  return (samples) => {
    for (let i = 0; i < times; i += 1) {
      desk.pass(STEP_MICROS);
      const tokenSha256 = desk.newToken();
      const startedAt = nanosNow();
      const answer = desk.command({ kind: 'previewStrategy', request, tokenSha256 }, TRADER);
      samples.record(nanosNow() - startedAt);
      const card = cardIn(answer);
      const legs = request.strategy === 'straddle_scan' ? 2 : 4;
      check(
        card.legs.length === legs && card.checks.length > 0,
        'the card has its legs and checks',
      );
    }
  };
}

function floorFor(desk: BenchDesk, times: number): Measure {
  const { card } = desk.preview();
  const chain = new Float64Array(desk.buffers.chain, 0, CHAIN_CELLS);
  const copy = new Float64Array(CHAIN_CELLS);
  let bytes = 0;
  return oneByOne(() => {
    copy.set(chain);
    bytes += JSON.stringify(card).length + (copy[0] ?? 0);
    check(Number.isFinite(bytes), 'the floor wrote something');
  }, times);
}

async function run(context: BenchContext): Promise<BenchReport> {
  const rows = [];
  const times = context.count(150);
  for (const [request, metric] of [
    [CONDOR, 'iron condor, four legs'],
    [STRADDLE, 'straddle, two legs'],
  ] as const) {
    const desk = new BenchDesk();
    const result = await paired(context, {
      ours: previews(desk, request, times),
      floor: floorFor(desk, context.count(1_000)),
    });
    rows.push(
      rowOf({ bench: NAME, metric, unit: 'us', floor: 'copy the chain, card as JSON' }, result),
    );
    check(desk.counters.get('previews') > times, 'every preview was counted and recorded');
  }
  return {
    rows,
    checks: ['every preview answered with a card that has its legs and the verdict of each check'],
    notes: [
      'Every contract is quoted anew before each preview, so that no slice is taken from memory. 400 contracts, wide limits.',
      'The threads around it are not in it: a call over MCP adds its transport and two port hops (see mcp-round-trip).',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question:
    'How long does the core thread take from the preview command to the card with its token?',
  run,
};
