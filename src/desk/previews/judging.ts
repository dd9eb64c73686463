/** Puts an intent before the risk gate with everything the desk knows at this step. */

import type { ApprovedOrder } from '../../broker/approved-order.ts';
import type { QuoteSnapshot } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { PayoffSummary } from '../../engine/domain/payoff.ts';
import type { Cents } from '../../engine/domain/units.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import type { Verdict } from '../../engine/domain/verdict.ts';
import { admit } from '../../risk/gate.ts';
import type { RiskInput } from '../../risk/risk-input.ts';
import { tradingStateOf } from '../../risk/trading-state.ts';
import { accountRisk } from '../account/account-risk.ts';
import { feesOf, payoffOf } from '../account/opening-payoff.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf, sliceOf } from '../desk-context.ts';
import { quantitiesOf } from '../exits/close-legs.ts';
import { freeLegs } from '../orders/closing.ts';
import { recentOrders } from '../orders/recent-orders.ts';
import { quoteStreamOf } from '../session/freshness.ts';
import { placeOf } from './without-order.ts';

/** An intent judged: the verdict, the witness where it passed, and the money behind it. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly approved: ApprovedOrder | undefined;
  readonly payoff: PayoffSummary;
  readonly feesCents: Cents;
}

/** What of the position no live order closes yet, signed, by symbol. */
function closableOf(desk: DeskContext, positionId: string): ReadonlyMap<string, number> {
  const position = desk.book.structure(positionId);
  if (position === undefined) return new Map();
  return quantitiesOf(freeLegs(desk, position));
}

/** What an intent that opens is judged with besides. */
export interface OpeningTerms {
  /** The ceiling of who asks for it, where there is one. */
  readonly openUpToCents?: number | undefined;
  readonly dryRun?: RiskInput['dryRun'];
}

/** Runs every check on the intent as the market and the account stand at this step. */
export function judgeIntent(
  desk: DeskContext,
  intent: OrderIntent,
  terms: OpeningTerms = {},
): Judgement {
  const input = riskInputOf(desk, intent, terms);
  const { verdict, order } = admit(input);
  const { payoff, feesCents } = input;
  return { verdict, approved: order, payoff, feesCents };
}

/** Everything the gate may look at, at this step. */
export function riskInputOf(
  desk: DeskContext,
  intent: OrderIntent,
  { openUpToCents, dryRun }: OpeningTerms,
): RiskInput {
  const feesCents = feesOf(desk, intent);
  const payoff = payoffOf(desk, intent);
  const { day } = desk;
  return {
    intent,
    payoff,
    feesCents,
    at: desk.at,
    slice: sliceOf(desk),
    session: day.session,
    capabilities: desk.gateway.capabilities,
    openingCutoffAt: day.schedule.openingCutoffAt,
    limits: desk.config.limits,
    openUpToCents,
    dryRun,
    tradingState: tradingStateOf(day.status),
    tradingCauses: day.status.causes,
    killed: day.killed,
    account: accountRisk(desk),
    recentOrders: recentOrders(desk),
    replaces: placeOf(desk),
    rearmedAtWall: day.rearmedAt,
    feedConnected: day.feedConnected,
    feedSinceWall: day.feedSince,
    quoteStream: quoteStreamOf(desk),
    journalHealthy: day.journalHealthy && !day.journalStalled,
    reconciled: day.reconciled,
    stopping: day.stopping,
    closable: intent.purpose === 'open' ? undefined : closableOf(desk, intent.positionId),
  };
}

/** The quotes a decision about these legs sees, for the journal. */
export function quoteSnapshot(desk: DeskContext, intent: OrderIntent): QuoteSnapshot {
  const snapshot: Record<string, readonly [number | null, number | null, number]> = {};
  const symbols = intent.legs.map((leg) => instrumentSymbol(leg.instrument));
  for (const symbol of [...symbols, desk.config.underlying]) {
    const quote = quoteOf(desk, symbol);
    if (quote === undefined) continue;
    const ageMillis = Math.round((desk.at.wall - quote.at.wall) / MICROS_PER_MILLI);
    snapshot[symbol] = [quote.bid ?? null, quote.ask ?? null, ageMillis];
  }
  return snapshot;
}
