/**
 * The broker's own word on an opening, where it gives one: asked for as soon as the preview stands, told
 * on its card, and judged by the check `second_source` when the order is confirmed. Nothing that closes
 * is ever asked about, and nothing waits for an answer but the answer to the preview, for a moment.
 */

import { brokerText, mixedText } from '../../engine/domain/broker-text.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { isTooOld, secondSourceCheck } from '../../risk/checks/second-source.ts';
import type { TokenGrant } from '../../risk/confirm-token.ts';
import type { DryRun } from '../../risk/risk-input.ts';
import type { DeskContext } from '../desk-context.ts';
import type { TradeCard } from '../engine-api.ts';
import type { DryRunView } from '../engine-api-dry-run.ts';
import { performGateway } from '../orders/broker-events.ts';
import { riskInputOf } from './judging.ts';
import { withoutOrder } from './without-order.ts';

/** True where the broker has a word on orders before they are sent. */
export function asksBroker({ gateway }: DeskContext): boolean {
  return gateway.capabilities.preview === 'broker';
}

/** True for an order that the broker is asked about before it is sent. */
export function wantsDryRun(desk: DeskContext, { purpose }: OrderIntent): boolean {
  return purpose === 'open' && asksBroker(desk);
}

/** Asks the broker about an order, unless it is being asked. */
export function askDryRun(desk: DeskContext, intent: OrderIntent): void {
  const { intentId } = intent;
  if (!wantsDryRun(desk, intent) || desk.dryRuns.isAwaited(intentId)) return;
  desk.dryRuns.ask(intentId);
  performGateway(desk, desk.gateway.dryRun(intent, desk.at));
}

/** Asks once more where what is known decides nothing any more: the next confirm may find an answer. */
export function askAgain(desk: DeskContext, intent: OrderIntent): void {
  const known = desk.dryRuns.answered(intent.intentId);
  const isUsable =
    known !== undefined && known.answer.outcome !== 'failed' && !isTooOld(known, desk.at);
  if (!isUsable) askDryRun(desk, intent);
}

/** The card behind a token as it stands now: the time that is left to confirm, whole seconds, and what
 * the broker has said meanwhile. A live token has a second at least: none would look like no time to ask. */
export function cardNow(desk: DeskContext, card: TradeCard, grant: TokenGrant): TradeCard {
  const seconds = Math.floor((grant.expiresAtWall - desk.at.wall) / MICROS_PER_SECOND);
  return { ...withDryRun(desk, card, grant), expiresInSeconds: Math.max(1, seconds) };
}

function withDryRun(desk: DeskContext, card: TradeCard, grant: TokenGrant): TradeCard {
  const [intent] = grant.intents;
  // What a token cancels or flattens has no market of its own to drift from, and is not asked about.
  if (intent === undefined || grant.previewed === undefined) return card;
  if (!wantsDryRun(desk, intent)) return card;
  const known = desk.dryRuns.answered(intent.intentId);
  if (known === undefined) return { ...card, dryRun: NOT_ANSWERED };
  const { replaces } = grant;
  const asJudged = withoutOrder(desk, replaces);
  const result = secondSourceCheck.run(riskInputOf(asJudged, intent, { dryRun: known }));
  const checks = card.checks.map((check) => (check.code === result.code ? result : check));
  return { ...card, checks, dryRun: viewOf(known) };
}

const NOT_ANSWERED: DryRunView = {
  outcome: 'asked',
  neededCents: null,
  feesCents: null,
  buyingPowerAfterCents: null,
  said: ['the broker has not answered yet; confirm sends with its answer only'],
};

function viewOf({ answer }: DryRun): DryRunView {
  if (answer.outcome === 'passed') {
    const { outcome, neededCents, feesCents = null, buyingPowerAfterCents = null } = answer;
    const said = answer.warnings.map(brokerText);
    return { outcome, neededCents, feesCents, buyingPowerAfterCents, said };
  }
  const { outcome, reason } = answer;
  const said = [outcome === 'refused' ? brokerText(reason) : mixedText(reason)];
  return { ...NOT_ANSWERED, outcome, said };
}
