/**
 * The risk gate: every check in one fixed order, and the only door to an `ApprovedOrder`.
 * Pure: what it may look at is its input, and time stands in it.
 */
import { type ApprovedOrder, approve } from '../broker/approved-order.ts';
import type { CheckResult, Denial, DenialCode, Verdict } from '../engine/domain/verdict.ts';
import { buyingPowerCheck } from './checks/buying-power.ts';
import { type Check, notRun } from './checks/check.ts';
import { coolDownCheck } from './checks/cool-down.ts';
import { dailyLossCheck } from './checks/daily-loss.ts';
import { dataAgeCheck } from './checks/data-age.ts';
import { duplicateOrderCheck } from './checks/duplicate-order.ts';
import { engineStoppingCheck } from './checks/engine-stopping.ts';
import { feedDownCheck } from './checks/feed-down.ts';
import { feedResyncCheck } from './checks/feed-resync.ts';
import { instrumentCheck } from './checks/instrument.ts';
import { journalHealthCheck } from './checks/journal-health.ts';
import { killedCheck } from './checks/killed.ts';
import { legDispersionCheck } from './checks/leg-dispersion.ts';
import { legMarketCheck } from './checks/leg-market.ts';
import { maxTradeLossCheck } from './checks/max-trade-loss.ts';
import { modelCheck } from './checks/model.ts';
import { notReconciledCheck } from './checks/not-reconciled.ts';
import { openOrdersCheck } from './checks/open-orders.ts';
import { openRiskCheck } from './checks/open-risk.ts';
import { orderRateCheck } from './checks/order-rate.ts';
import { orderSizeCheck } from './checks/order-size.ts';
import { ordersPerDayCheck } from './checks/orders-per-day.ts';
import { portfolioDeltaCheck } from './checks/portfolio-delta.ts';
import { portfolioGammaCheck } from './checks/portfolio-gamma.ts';
import { portfolioVegaCheck } from './checks/portfolio-vega.ts';
import { positionLimitCheck } from './checks/position-limit.ts';
import { premiumBudgetCheck } from './checks/premium-budget.ts';
import { priceBoundsCheck } from './checks/price-bounds.ts';
import { priceCollarCheck } from './checks/price-collar.ts';
import { principalBudgetCheck } from './checks/principal-budget.ts';
import { principalLimitCheck } from './checks/principal-limit.ts';
import { quoteCrossedCheck } from './checks/quote-crossed.ts';
import { reduceOnlyCheck } from './checks/reduce-only.ts';
import { rejectBreakerCheck } from './checks/reject-breaker.ts';
import { repeatedExecutionCheck } from './checks/repeated-execution.ts';
import { secondSourceCheck } from './checks/second-source.ts';
import { selfMatchCheck } from './checks/self-match.ts';
import { sessionWindowCheck } from './checks/session-window.ts';
import { sharesHeldCheck } from './checks/shares-held.ts';
import { strategyLimitCheck } from './checks/strategy-limit.ts';
import { strategyShapeCheck } from './checks/strategy-shape.ts';
import { tickAndQuantityCheck } from './checks/tick-and-quantity.ts';
import { tradingStateCheck } from './checks/trading-state.ts';
import { undefinedRiskCheck } from './checks/undefined-risk.ts';
import { underlyingLimitCheck } from './checks/underlying-limit.ts';
import { unknownOrderCheck } from './checks/unknown-order.ts';
import type { RiskInput } from './risk-input.ts';

/** All checks in the order they are asked: first what no trader can mend, then the order itself,
 * the moment, the market, the account, the pace. The first that refuses names the denial. */
export const CHECKS: readonly Check[] = [
  killedCheck,
  engineStoppingCheck,
  instrumentCheck,
  tickAndQuantityCheck,
  reduceOnlyCheck,
  undefinedRiskCheck,
  strategyShapeCheck,
  sessionWindowCheck,
  tradingStateCheck,
  notReconciledCheck,
  journalHealthCheck,
  rejectBreakerCheck,
  feedDownCheck,
  unknownOrderCheck,
  sharesHeldCheck,
  dataAgeCheck,
  feedResyncCheck,
  quoteCrossedCheck,
  legMarketCheck,
  legDispersionCheck,
  modelCheck,
  priceBoundsCheck,
  priceCollarCheck,
  orderSizeCheck,
  maxTradeLossCheck,
  openRiskCheck,
  principalBudgetCheck,
  premiumBudgetCheck,
  dailyLossCheck,
  portfolioDeltaCheck,
  portfolioGammaCheck,
  portfolioVegaCheck,
  buyingPowerCheck,
  secondSourceCheck,
  positionLimitCheck,
  strategyLimitCheck,
  underlyingLimitCheck,
  openOrdersCheck,
  selfMatchCheck,
  coolDownCheck,
  duplicateOrderCheck,
  repeatedExecutionCheck,
  principalLimitCheck,
  orderRateCheck,
  ordersPerDayCheck,
];

/** The codes by which the gate refuses for one control, in the order in which they are asked; none where it lives
 * outside the gate. */
export function refusalsOf(control: number): readonly DenialCode[] {
  return CHECKS.filter((check) => check.control === control).map(({ code }) => code);
}

/** What the gate decided, and the witness where it let the order through. */
export interface Admission {
  readonly verdict: Verdict;
  readonly order?: ApprovedOrder;
}

function ask(check: Check, input: RiskInput): CheckResult {
  if (check.appliesTo === 'all' || input.intent.purpose === 'open') return check.run(input);
  return notRun(check.code, 'asked of opening orders only');
}

function refuses(check: Check, { outcome }: CheckResult, input: RiskInput): boolean {
  if (outcome === 'failed') return true;
  const isMissing = outcome === 'notRun' && check.isOptional !== true;
  return isMissing && input.intent.purpose === 'open';
}

/** The first that refuses, of what `checks` said in their order. The trading state is only the sum of
 * its causes: where the check of one of them refuses too, that one has more to say. */
function refusalOf(
  checks: readonly Check[],
  results: readonly CheckResult[],
  input: RiskInput,
): CheckResult | undefined {
  const refusing = (result: CheckResult, i: number): boolean => {
    const check = checks[i];
    return check !== undefined && refuses(check, result, input);
  };
  const first = results.find(refusing);
  if (first?.code !== 'trading_state') return first;
  const causes = new Set<string | undefined>(input.tradingCauses);
  const saysMore = (i: number): boolean => causes.has(checks[i]?.explains);
  return results.find((result, i) => saysMore(i) && refusing(result, i)) ?? first;
}

function denialOf({ code, message, numbers }: CheckResult): Denial {
  return { code, message, numbers };
}

/**
 * Judges an order by `checks` and shows what each of them said. An opening passes only when every
 * check ran and passed, but for what the broker does not offer; a close, exit or flatten passes
 * unless a check found an error in it.
 */
export function judge(input: RiskInput, checks: readonly Check[] = CHECKS): Verdict {
  const results = checks.map((check) => ask(check, input));
  const refusal = refusalOf(checks, results, input);
  const { version: limitsVersion } = input.limits;
  if (refusal === undefined) return { approved: true, checks: results, limitsVersion };
  return { approved: false, checks: results, denial: denialOf(refusal), limitsVersion };
}

/** Judges an order by all checks and mints the witness a gateway asks for, if it passed. */
export function admit(input: RiskInput): Admission {
  const verdict = judge(input);
  return verdict.approved ? { verdict, order: approve(input.intent, verdict) } : { verdict };
}
