/** Net gamma stays within the cap however the working orders and this one fill. */
import { greekRange, orderGreek } from '../order-greeks.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'portfolio_gamma';

export const portfolioGammaCheck: Check = {
  code: CODE,
  control: 14,
  appliesTo: 'openings',
  run(input) {
    const { gammaHighest, gammaLowest } = input.account;
    const orderGamma = orderGreek(input, 'gamma');
    if (orderGamma === undefined) return notRun(CODE, 'a leg has no fresh gamma; wait for it');
    if (gammaHighest === undefined || gammaLowest === undefined) {
      return notRun(CODE, 'the net gamma of what is held is not known');
    }
    const range = greekRange({ highest: gammaHighest, lowest: gammaLowest }, orderGamma);
    const cap = input.limits.portfolioGammaCap;
    const numbers = { orderGamma, ...range, cap };
    if (range.worst <= cap) return passed(CODE, 'net gamma stays inside the cap', numbers);
    const message = 'net gamma could pass PORTFOLIO_GAMMA_CAP at the worst fill; order fewer';
    return failed(CODE, message, numbers);
  },
};
