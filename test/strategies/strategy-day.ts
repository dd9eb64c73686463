import { STANDARD_EXITS } from '../../src/engine/domain/exit-choices.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { cents } from '../../src/engine/domain/units.ts';
import type { Denial, Outcome } from '../../src/engine/domain/verdict.ts';
import type { StrategyDay } from '../../src/strategies/strategy.ts';
import { buildSession } from '../support/chain-builder.ts';

/** A full day's limits as the paper broker sets them (cut-off 15:25, flatten from 15:40), three
 * hours earlier on a half day, with a lotto budget of $100. */
export function buildDay(changes: Partial<StrategyDay> = {}, date = '2026-11-20'): StrategyDay {
  const session = buildSession(date);
  const earlier = session.kind === 'half' ? 180 : 0;
  return {
    openingCutoffAt: newYorkInstant(session.date, 15 * 60 + 25 - earlier),
    flattenStartAt: newYorkInstant(session.date, 15 * 60 + 40 - earlier),
    lottoSpentCents: cents(0),
    lottoBudgetCents: cents(10_000),
    exits: STANDARD_EXITS,
    breakoutsTaken: [],
    ...changes,
  };
}

/** The value of an outcome that must not be a refusal. */
export function accepted<T extends object>(outcome: Outcome<T>): T {
  if ('denied' in outcome) throw new Error(`refused: ${outcome.denied.message}`);
  return outcome;
}

/** The denial of an outcome that must be one. */
export function refused(outcome: Outcome<object> | undefined): Denial {
  if (outcome === undefined || !('denied' in outcome)) throw new Error('not refused');
  return outcome.denied;
}
