/** The lotto's premium is written off when it is paid: this order at its worst price and everything
 * paid today or working stay within the budget of the day. */
import { multiplierOfLegs } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { amountCents, type Cents, price } from '../../engine/domain/units.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'premium_budget';

/** What so many units of an opening may pay at its worst price; nothing where that is a credit. */
export function worstPremiumCents(
  { legs, worst }: Pick<OrderIntent, 'legs' | 'worst'>,
  units: number,
): Cents {
  return amountCents(price(Math.max(0, 0 - worst)), units, multiplierOfLegs(legs));
}

export const premiumBudgetCheck: Check = {
  code: CODE,
  control: 12,
  appliesTo: 'openings',
  run({ intent, account, limits }) {
    if (intent.strategy !== 'lotto_play_5_delta') {
      return passed(CODE, 'the strategy has no budget of premium');
    }
    const costCents = worstPremiumCents(intent, intent.quantity);
    const spentCents = account.lottoSpentCents;
    const totalCents = spentCents + costCents;
    const limitCents = limits.lottoBudgetCents;
    const numbers = { spentCents, costCents, totalCents, limitCents };
    if (totalCents <= limitCents) return passed(CODE, 'the premium is within the budget', numbers);
    const message =
      "the premium would pass today's LOTTO_DAILY_BUDGET; order fewer, or no more today";
    return failed(CODE, message, numbers);
  },
};
