/** No contract is held, working openings included, beyond the limit for one contract. */
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { legSign } from '../../engine/domain/order.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'position_limit';

export const positionLimitCheck: Check = {
  code: CODE,
  control: 10,
  appliesTo: 'openings',
  run({ account, intent, limits }) {
    const limitContracts = limits.maxContractsPerSymbol;
    let most = 0;
    for (const leg of intent.legs) {
      const symbol = instrumentSymbol(leg.instrument);
      const held = account.contractsBySymbol.get(symbol) ?? 0;
      const contracts = Math.abs(held + legSign(leg.action) * leg.ratio * intent.quantity);
      most = Math.max(most, contracts);
      if (contracts <= limitContracts) continue;
      const message = `${symbol}: ${contracts} contracts would pass the limit of ${limitContracts}`;
      return failed(CODE, `${message}; order fewer`, { symbol, held, contracts, limitContracts });
    }
    return passed(CODE, 'no contract passes its limit', { contracts: most, limitContracts });
  },
};
