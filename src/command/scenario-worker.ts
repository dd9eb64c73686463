/** Task of the worker pool: values the book under moves, reading the shared chain without a lock. */
import type { RiskMetricsView } from '../desk/engine-api.ts';
import { ChainReader } from '../engine/chain/chain-reader.ts';
import { type Holding, scenariosOf } from '../engine/pricing/scenarios.ts';

export interface ScenarioTask {
  readonly chain: SharedArrayBuffer;
  readonly holdings: readonly Holding[];
}

/** Values the holdings at each scenario; none where no session is open, or the chain is busy for long. */
export function valueScenarios(task: ScenarioTask): RiskMetricsView['scenarios'] {
  const slice = new ChainReader(task.chain).slice();
  return slice === undefined ? [] : scenariosOf(slice, task.holdings);
}
