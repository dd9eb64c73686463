/**
 * How long does the risk gate take for one four-leg order, all checks and its inputs included?
 *
 *     intent ─► fees, payoff ─► account risk ─► check 1 … check n ─► verdict and ApprovedOrder
 *
 * Floor: the four legs' quotes read from the chain under their locks, which any judgement needs.
 */
import { judgeIntent } from '../src/desk/previews/judging.ts';
import { instrumentSymbol } from '../src/engine/domain/instrument.ts';
import type { OrderIntent } from '../src/engine/domain/order.ts';
import { CHECKS } from '../src/risk/gate.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { BenchDesk, TRADER } from './support/bench-desk.ts';
import type { Measure } from './support/paired.ts';
import { inBatches, oneByOne, paired, rowOf } from './support/paired.ts';

const NAME = 'risk-gate';
const WORKING_ORDERS = 20;
const PER_BATCH = 32;

/** The intent behind a fresh preview. */
function previewedIntent(desk: BenchDesk): OrderIntent {
  const { tokenSha256 } = desk.preview();
  const found = desk.desk.context.tokens.lookup(tokenSha256, TRADER.principal, desk.at);
  const [intent] = found.kind === 'live' ? found.grant.intents : [];
  if (intent === undefined) throw new Error('a fresh token holds its order');
  return intent;
}

/** Puts orders on the market until that many work. */
function fillBook(desk: BenchDesk): void {
  for (let i = 0; i < WORKING_ORDERS; i += 1) {
    const { tokenSha256 } = desk.preview();
    desk.command({ kind: 'confirm', tokenSha256 });
    desk.makeDurable();
  }
  check(desk.orders.length === WORKING_ORDERS, 'every order works');
}

function judgements(desk: BenchDesk, times: number): Measure {
  const intent = previewedIntent(desk);
  return oneByOne(() => {
    const { verdict, approved } = judgeIntent(desk.desk.context, intent);
    const isWhole = verdict.checks.length === CHECKS.length;
    check(isWhole && approved !== undefined, 'the order passes every check');
  }, times);
}

function quotesRead(desk: BenchDesk, batches: number): Measure {
  const { chain, reader } = desk.desk.context;
  const { legs } = previewedIntent(desk);
  const rows = legs.map((leg) => chain.indexOf(instrumentSymbol(leg.instrument)) ?? 0);
  return inBatches(
    () => {
      for (const row of rows) check(reader.quote(row) !== undefined, 'each leg has a quote');
    },
    { batches, perBatch: PER_BATCH },
  );
}

async function run(context: BenchContext): Promise<BenchReport> {
  const rows = [];
  for (const isBusy of [false, true]) {
    const desk = new BenchDesk();
    if (isBusy) fillBook(desk);
    const result = await paired(context, {
      ours: judgements(desk, context.count(2_000)),
      floor: quotesRead(desk, context.count(1_000)),
    });
    const metric = isBusy ? `with ${WORKING_ORDERS} orders working` : 'nothing held or working';
    rows.push(rowOf({ bench: NAME, metric, unit: 'us', floor: 'read four quotes' }, result));
  }
  return {
    rows,
    checks: [`each of ${CHECKS.length} checks answered every time, and the order was approved`],
    notes: [
      'Goal: p99 at most 100 us (a first one was 10 us).',
      'Pure computation on the core thread: fees, payoff and the account are computed in it.',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question: 'How long does the risk gate take for one four-leg order, its inputs included?',
  run,
};
