/** Task of the worker pool: values the book under moves, reading the shared chain without a lock. */
import type { RiskMetricsView } from '../desk/engine-api.ts';
import { ChainReader } from '../engine/chain/chain-reader.ts';
import { type Holding, scenariosOf } from '../engine/pricing/scenarios.ts';

export interface ScenarioTask {
  readonly chain: SharedArrayBuffer;
  readonly holdings: readonly Holding[];
}

/** How often a busy chain is asked again before the task answers with nothing. */
const READ_ATTEMPTS = 50;

/** Values the holdings at each scenario. */
export function valueScenarios(task: ScenarioTask): RiskMetricsView['scenarios'] {
  const reader = new ChainReader(task.chain);
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
    const slice = reader.slice();
    if (slice !== undefined) return scenariosOf(slice, task.holdings);
  }
  return [];
}
