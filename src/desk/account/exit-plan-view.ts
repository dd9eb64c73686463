/** An exit plan in plain words, prices in dollars per share. */

import type { ExitPlan } from '../../engine/domain/order.ts';
import { dollarsFromPrice, type Price } from '../../engine/domain/units.ts';
import type { ExitPlanView } from '../engine-api-exits.ts';
import { isoNewYork } from '../iso-time.ts';

function dollars(value: Price): string {
  return dollarsFromPrice(value).toFixed(2);
}

function stopWords({ stop, sideStop }: ExitPlan): readonly string[] {
  const words: string[] = [];
  if (stop !== undefined) {
    const isDebit = stop.kind === 'debitAtOrAbove';
    const when = isDebit ? 'closes when it costs' : 'closes when it is worth no more than';
    words.push(`${when} ${dollars(stop.price)}`);
  }
  if (sideStop !== undefined) {
    words.push(`either side closes when it alone costs ${dollars(sideStop.debit)}`);
    if (sideStop.afterOther === 'breakeven') {
      words.push(
        'the side that is left then closes, once it has cost no more, where the whole trade breaks even',
      );
    }
  }
  return words;
}

function rangeWords({ rangeExit }: ExitPlan): readonly string[] {
  if (rangeExit === undefined) return [];
  return [`closes when a minute closes ${rangeExit.closes} ${dollars(rangeExit.level)}`];
}

/** What guards the position against loss. */
function guardWords(plan: ExitPlan): string {
  const stops = stopWords(plan);
  const patience =
    plan.confirmation === 'patient' && stops.length > 0 ? ['stops are confirmed patiently'] : [];
  const guards = [...stops, ...rangeWords(plan), ...patience];
  return guards.length > 0 ? guards.join('; ') : 'none: the premium paid is the whole loss';
}

function targetWords({ target, trail }: ExitPlan): string | null {
  const words: string[] = [];
  if (target !== undefined) {
    const verb = target.kind === 'debitAtOrBelow' ? 'buys back at' : 'sells at';
    words.push(`${verb} ${dollars(target.price)}`);
  }
  if (trail !== undefined) {
    const kept = Math.round(trail.keepFraction * 100);
    const gained = dollars(trail.afterGain);
    words.push(
      `once ${gained} is gained, closes when less than ${kept} % of the best gain is left`,
    );
  }
  return words.length > 0 ? words.join('; ') : null;
}

/** The plan as cards and positions show it. */
export function exitPlanView(plan: ExitPlan): ExitPlanView {
  return {
    stop: guardWords(plan),
    target: targetWords(plan),
    timeExit: isoNewYork(plan.timeExitAt),
    plannedLossCents: plan.plannedLossCents ?? null,
  };
}
