/** A trade card in one short text that stands by itself. */
import type { TradeCard } from '../../desk/engine-api.ts';
import { dollars, dryRunWords, figure, signedPrice, tradeWords } from '../money-words.ts';

/** What the listing names of a card where the card is not the tool's main answer. */
export const CARD_OUTLINE: readonly string[] = [
  'confirmToken',
  'expiresInSeconds',
  'legs',
  'netCents',
  'maxLossCents',
  'limitPrice',
];
/** The same, and what redeeming its token answers. */
export const EXIT_OUTLINE: readonly string[] = [...CARD_OUTLINE, 'orderId', 'status', 'orders'];

function riskWords(card: TradeCard): string {
  const profit = card.maxProfitCents === null ? 'unlimited' : dollars(card.maxProfitCents);
  const evens = card.breakevens.map((price) => price.toFixed(2)).join(' / ');
  const chance = card.probabilityOfProfit;
  return [
    `Max loss ${dollars(Math.abs(card.maxLossCents))}`,
    `max profit ${profit}`,
    ...(evens === '' ? [] : [`breakeven ${evens}`]),
    ...(chance === null ? [] : [`probability of profit ${figure(chance * 100, 0)} %`]),
  ].join(', ');
}

/** What the checks said. A card that could not be placed does not come this far, so a check that did
 * not run here is one that had nothing to ask: it is named, and is no warning. */
function checkWords({ checks, purpose }: TradeCard): string {
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0) return ` Risk checks that failed: ${codesOf(failed)}.`;
  if (checks.length === 0 || purpose !== 'open') return '';
  const idle = checks.filter(({ outcome }) => outcome === 'notRun');
  if (idle.length === 0) return ` All ${checks.length} risk checks passed.`;
  return ` ${checks.length - idle.length} risk checks passed; nothing to ask for ${codesOf(idle)}.`;
}

function codesOf(checks: TradeCard['checks']): string {
  return checks.map(({ code }) => code).join(', ');
}

function signedDollars(amountCents: number): string {
  return `${dollars(Math.abs(amountCents))} ${amountCents < 0 ? 'debit' : 'credit'}`;
}

/** What an opening may be walked to: its figures hold there. A close follows the market. */
function worstWords({ purpose, worstPrice, limitPrice }: TradeCard): string {
  if (purpose !== 'open' || worstPrice === limitPrice) return '';
  return `, never worse than ${signedPrice(worstPrice)}`;
}

/** What it is done at. One order has a limit; several have a sum, and a cancel has no price. */
function priceWords(card: TradeCard): string {
  const orders = card.purpose === 'flatten' ? Number(card.figures['orders']) : 1;
  if (card.purpose === 'cancel' || orders === 0) return `: ${card.reasons.join('; ')}`;
  const fees = `fees ${dollars(card.feesCents)}`;
  if (orders === 1) return `, limit ${signedPrice(card.limitPrice)}${worstWords(card)}, ${fees}`;
  const worst = signedDollars(Number(card.figures['worstNetCents']));
  const positions = Number(card.figures['positions']);
  const what = positions === 1 ? '1 position' : `${positions} positions`;
  return `: closes ${what} for about ${signedDollars(card.netCents)}, on this market at worst ${worst}, ${fees}`;
}

/** `redeemWith` names the tool that carries the preview out; undefined where none may, and `whyNot` says why. */
export function cardText(
  card: TradeCard,
  redeemWith: string | undefined,
  whyNot = 'this client may only look',
): string {
  const risk = card.purpose === 'open' ? ` ${riskWords(card)}.` : '';
  const exit =
    card.purpose !== 'open' || card.exitPlan === null ? '' : ` Exit: ${card.exitPlan.stop}.`;
  const warnings = card.warnings.length === 0 ? '' : ` Warnings: ${card.warnings.join('; ')}.`;
  const next =
    redeemWith === undefined
      ? ` It cannot be confirmed here: ${whyNot}.`
      : ` Nothing is placed yet: ${redeemWith} with confirm_token ${card.confirmToken} within ${card.expiresInSeconds} s.`;
  return `Preview: ${tradeWords(card)}${priceWords(card)}.${risk}${exit}${checkWords(card)}${dryRunWords(card)}${warnings}${next}`;
}
