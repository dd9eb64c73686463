/**
 * The risk gate: every check in one fixed order, and the only door to an `ApprovedOrder`.
 * Pure: what it may look at is its input, and time stands in it.
 */
import { type ApprovedOrder, approve } from '../broker/approved-order.ts';
import type { CheckResult, Denial, Verdict } from '../engine/domain/verdict.ts';
import { buyingPowerCheck } from './checks/buying-power.ts';
import { type Check, notRun } from './checks/check.ts';
import { dailyLossCheck } from './checks/daily-loss.ts';
import { dataAgeCheck } from './checks/data-age.ts';
import { duplicateOrderCheck } from './checks/duplicate-order.ts';
import { engineStoppingCheck } from './checks/engine-stopping.ts';
import { feedDownCheck } from './checks/feed-down.ts';
import { instrumentCheck } from './checks/instrument.ts';
import { journalHealthCheck } from './checks/journal-health.ts';
import { killedCheck } from './checks/killed.ts';
import { legMarketCheck } from './checks/leg-market.ts';
import { maxTradeLossCheck } from './checks/max-trade-loss.ts';
import { notReconciledCheck } from './checks/not-reconciled.ts';
import { openRiskCheck } from './checks/open-risk.ts';
import { orderRateCheck } from './checks/order-rate.ts';
import { orderSizeCheck } from './checks/order-size.ts';
import { portfolioDeltaCheck } from './checks/portfolio-delta.ts';
import { positionLimitCheck } from './checks/position-limit.ts';
import { priceBoundsCheck } from './checks/price-bounds.ts';
import { priceCollarCheck } from './checks/price-collar.ts';
import { quoteCrossedCheck } from './checks/quote-crossed.ts';
import { reduceOnlyCheck } from './checks/reduce-only.ts';
import { sessionWindowCheck } from './checks/session-window.ts';
import { sharesHeldCheck } from './checks/shares-held.ts';
import { tickAndQuantityCheck } from './checks/tick-and-quantity.ts';
import { tradingStateCheck } from './checks/trading-state.ts';
import { undefinedRiskCheck } from './checks/undefined-risk.ts';
import { unknownOrderCheck } from './checks/unknown-order.ts';
import type { RiskInput } from './risk-input.ts';

/** All checks in the order they are asked: first what no trader can mend, then the order itself,
 * the moment, the market, the account. The first that refuses names the denial. */
export const CHECKS: readonly Check[] = [
  killedCheck,
  engineStoppingCheck,
  instrumentCheck,
  tickAndQuantityCheck,
  reduceOnlyCheck,
  undefinedRiskCheck,
  sessionWindowCheck,
  tradingStateCheck,
  notReconciledCheck,
  journalHealthCheck,
  feedDownCheck,
  unknownOrderCheck,
  sharesHeldCheck,
  dataAgeCheck,
  quoteCrossedCheck,
  legMarketCheck,
  priceBoundsCheck,
  priceCollarCheck,
  orderSizeCheck,
  maxTradeLossCheck,
  openRiskCheck,
  dailyLossCheck,
  portfolioDeltaCheck,
  buyingPowerCheck,
  positionLimitCheck,
  duplicateOrderCheck,
  orderRateCheck,
];

/** What the gate decided, and the witness where it let the order through. */
export interface Admission {
  readonly verdict: Verdict;
  readonly order?: ApprovedOrder;
}

function ask(check: Check, input: RiskInput): CheckResult {
  if (check.appliesTo === 'all' || input.intent.purpose === 'open') return check.run(input);
  return notRun(check.code, 'asked of opening orders only');
}

function refuses(result: CheckResult, input: RiskInput): boolean {
  if (result.outcome === 'failed') return true;
  return result.outcome === 'notRun' && input.intent.purpose === 'open';
}

function denialOf({ code, message, numbers }: CheckResult): Denial {
  return { code, message, numbers };
}

/**
 * Judges an order by `checks` and shows what each of them said. An opening passes only when every
 * check ran and passed; a close, exit or flatten passes unless a check found an error in it.
 */
export function judge(input: RiskInput, checks: readonly Check[] = CHECKS): Verdict {
  const results = checks.map((check) => ask(check, input));
  const refusal = results.find((result) => refuses(result, input));
  const { version: limitsVersion } = input.limits;
  if (refusal === undefined) return { approved: true, checks: results, limitsVersion };
  return { approved: false, checks: results, denial: denialOf(refusal), limitsVersion };
}

/** Judges an order by all checks and mints the witness a gateway asks for, if it passed. */
export function admit(input: RiskInput): Admission {
  const verdict = judge(input);
  return verdict.approved ? { verdict, order: approve(input.intent, verdict) } : { verdict };
}
