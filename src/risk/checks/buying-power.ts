/** The account can pay for the order at its worst price: collateral, premium and fees. */
import { multiplierOfLegs } from '../../engine/domain/instrument.ts';
import { amountCents } from '../../engine/domain/units.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'buying_power';

export const buyingPowerCheck: Check = {
  code: CODE,
  appliesTo: 'openings',
  run({ account, intent, payoff, feesCents }) {
    const { buyingPowerCents } = account;
    if (buyingPowerCents === undefined) return notRun(CODE, 'buying power is not known');
    const premiumCents = amountCents(intent.worst, intent.quantity, multiplierOfLegs(intent.legs));
    const neededCents = Math.max(0, payoff.marginCents - premiumCents + feesCents);
    const numbers = { neededCents, buyingPowerCents, marginCents: payoff.marginCents, feesCents };
    if (neededCents <= buyingPowerCents) return passed(CODE, 'buying power suffices', numbers);
    const message = 'buying power is too small for the order; order fewer or add funds';
    return failed(CODE, message, numbers);
  },
};
