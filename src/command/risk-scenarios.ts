/** P&L of the book under moves of spot and volatility, computed in the worker pool. Main thread. */
import type { PnlView, PositionView, RiskMetricsView } from '../desk/engine-api.ts';
import type { ChainSlice } from '../engine/domain/market.ts';
import type { ScenarioTask } from './scenario-worker.ts';
import { WorkerPool } from './worker-pool.ts';

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

/** The pool reads the shared chain itself, without a lock: only the holdings are sent to it. */
export class RiskScenarios {
  readonly #pool = new WorkerPool<ScenarioTask, RiskMetricsView['scenarios']>({
    filename: new URL('./scenario-worker.ts', import.meta.url).href,
    idleTimeout: IDLE_MILLIS,
  });
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
    const scenarios = ready ? await this.#pool.run(task, 'valueScenarios') : [];
    return {
      scenarios,
      worstCaseCents: worstCase(pnl),
      greeks: pnl.greeks,
      warnings: warningsOf(pnl, slice),
    };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
