/** All option contracts together, held or on their way, stay within one limit. */
import type { OrderIntent } from '../../engine/domain/order.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'underlying_limit';

function contractsOf({ legs, quantity }: OrderIntent): number {
  let contracts = 0;
  for (const leg of legs) contracts += leg.ratio * quantity;
  return contracts;
}

export const underlyingLimitCheck: Check = {
  code: CODE,
  control: 10,
  appliesTo: 'openings',
  run({ account, intent, limits }) {
    const held = account.totalContracts;
    const contracts = held + contractsOf(intent);
    const limitContracts = limits.maxContracts;
    const numbers = { held, contracts, limitContracts };
    if (contracts <= limitContracts) return passed(CODE, 'the book is small enough', numbers);
    const message = `${contracts} contracts in all would pass the limit of ${limitContracts}`;
    return failed(CODE, `${message}; order fewer or close some first`, numbers);
  },
};
