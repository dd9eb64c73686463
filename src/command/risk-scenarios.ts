/** P&L of the book under moves of spot and volatility, computed in the worker pool. Main thread. */
import type { Piscina } from 'piscina';
import type { PnlView, PositionView, RiskMetricsView } from '../desk/engine-api.ts';
import type { ChainSlice } from '../engine/domain/market.ts';
import type { ScenarioTask } from './scenario-worker.ts';

const IDLE_MILLIS = 60_000;

/** What has expired before this session is worth what its settlement will tell: no move changes it. */
function heldIn({ positions }: PnlView): readonly PositionView[] {
  return positions.filter(({ expiredOn }) => expiredOn === undefined);
}

function worstCase(pnl: PnlView): number {
  return heldIn(pnl).reduce((sum, position) => sum + (position.maxLossCents ?? 0), 0);
}

function warningsOf(pnl: PnlView, slice: ChainSlice | undefined): readonly string[] {
  if (pnl.positions.length === 0) return ['nothing is held', ...pnl.warnings];
  const unbounded = heldIn(pnl)
    .filter(({ maxLossCents }) => maxLossCents === null)
    .map(({ positionId }) => `${positionId} has no bound to its worst case: the sum is without it`);
  const closed =
    slice === undefined ? ['there is no open chain: scenarios cannot be computed'] : [];
  return [...closed, ...unbounded, ...pnl.warnings];
}

/** The package is loaded with the first question: a start does not wait for it. */
async function startPool(): Promise<Piscina<ScenarioTask, RiskMetricsView['scenarios']>> {
  const { Piscina: Pool } = await import('piscina');
  return new Pool({
    filename: new URL('./scenario-worker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MILLIS,
  });
}

/** The pool reads the shared chain itself, without a lock: only the holdings are sent to it. */
export class RiskScenarios {
  #pool: Promise<Piscina<ScenarioTask, RiskMetricsView['scenarios']>> | undefined;
  readonly #chain: SharedArrayBuffer;

  constructor(chain: SharedArrayBuffer) {
    this.#chain = chain;
  }

  /** Values the whole book at each scenario. A book that cannot be valued has null P&L. */
  async run(pnl: PnlView, slice: ChainSlice | undefined): Promise<RiskMetricsView> {
    const holdings = heldIn(pnl).flatMap((position) =>
      position.legs.map(({ symbol, quantity }) => ({ symbol, quantity })),
    );
    const ready = slice !== undefined && holdings.length > 0;
    const task: ScenarioTask = { chain: this.#chain, holdings };
    const scenarios = ready ? await this.#valued(task) : [];
    return {
      scenarios,
      worstCaseCents: worstCase(pnl),
      greeks: pnl.greeks,
      warnings: warningsOf(pnl, slice),
    };
  }

  async close(): Promise<void> {
    await (await this.#pool)?.close({ force: true });
  }

  async #valued(task: ScenarioTask): Promise<RiskMetricsView['scenarios']> {
    this.#pool ??= startPool();
    return (await this.#pool).run(task, { name: 'valueScenarios' });
  }
}
