/** What the stories of the models share. */
import type fc from 'fast-check';
import { cents } from '../../src/engine/domain/units.ts';

/** Limits that no story comes near: what a model is of is never refused for one. */
export const OUT_OF_REACH = {
  maxDailyLossCents: cents(5_000_000),
  maxOpenRiskCents: cents(5_000_000),
  maxTradeLossCents: cents(500_000),
  portfolioDeltaCap: 10_000,
  duplicateWindowMillis: 0,
  maxRepeats: 1_000,
  maxOrdersPerMinute: 1_000,
  maxOpenOrders: 1_000,
  maxContractsPerSymbol: 1_000,
  maxUnitsPerStrategy: 1_000,
  maxContracts: 10_000,
  maxOrdersPerPrincipal: 1_000,
};

/** Makes commands that do something to the desk, after which all must hold. */
export function actsUnder<Model extends object, World>(
  expectSound: (model: Model, world: World) => void,
) {
  return (name: string, run: (model: Model, world: World) => void): fc.Command<Model, World> => ({
    check: () => true,
    run: (model, world) => {
      run(model, world);
      expectSound(model, world);
    },
    toString: () => name,
  });
}
