/** The account can pay for the order at its worst price: collateral, premium and fees. */
import { multiplierOfLegs } from '../../engine/domain/instrument.ts';
import { amountCents } from '../../engine/domain/units.ts';
import type { RiskInput } from '../risk-input.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'buying_power';

/** What the order takes of buying power at its worst price, fees included; never negative. */
export function neededBuyingPower({ intent, payoff, feesCents }: RiskInput): number {
  const premiumCents = amountCents(intent.worst, intent.quantity, multiplierOfLegs(intent.legs));
  return Math.max(0, payoff.marginCents - premiumCents + feesCents);
}

export const buyingPowerCheck: Check = {
  code: CODE,
  control: 13,
  appliesTo: 'openings',
  run(input) {
    const { account, payoff, feesCents } = input;
    const { buyingPowerCents } = account;
    if (buyingPowerCents === undefined) return notRun(CODE, 'buying power is not known');
    const neededCents = neededBuyingPower(input);
    const numbers = { neededCents, buyingPowerCents, marginCents: payoff.marginCents, feesCents };
    if (neededCents <= buyingPowerCents) return passed(CODE, 'buying power suffices', numbers);
    const message = 'buying power is too small for the order; order fewer or add funds';
    return failed(CODE, message, numbers);
  },
};
