/** What a list of orders, with positions and balances of the same moment, says of the account. Pure. */

import { unitsToGo } from '../../engine/domain/share-quantity.ts';
import type { AccountSnapshot, EndedOrder, WorkingOrder } from '../order-gateway.ts';
import { orderLegs, unitsOf } from './order-chain.ts';
import type { ChainView, OrderLedger } from './order-ledger.ts';
import type { TastyOrder } from './tasty-order.ts';
import { legLike } from './tasty-order.ts';

type Rest = Omit<AccountSnapshot, 'workingOrders' | 'endedOrders' | 'fills'>;

function working({ intentId, head, orders }: ChainView): readonly WorkingOrder[] {
  const [first] = orders;
  if (head === undefined || first === undefined) return [];
  const units = unitsOf(first);
  const legs = orderLegs(first);
  // What the broker itself has still to trade: a replacement that ordered too much shows here.
  const left = first.legs.map((leg) => {
    return unitsToGo({ legs }, ((legLike(head, leg)?.remaining ?? 0) * units) / leg.quantity);
  });
  const { id: brokerOrderId, limit, stopTrigger } = head;
  return [{ intentId, brokerOrderId, legs, remaining: Math.max(...left), limit, stopTrigger }];
}

function ended({ intentId, standing, remaining }: ChainView): readonly EndedOrder[] {
  return standing === 'working' ? [] : [{ intentId, standing, remaining }];
}

/** Only what the list itself showed counts as the broker's word. */
export function snapshotOf(
  ledger: OrderLedger,
  listed: readonly TastyOrder[],
  rest: Rest,
): AccountSnapshot {
  const names = new Set(listed.map((order) => ledger.nameOf(order)));
  const chains = ledger.chains().filter(({ intentId }) => names.has(intentId));
  const standing = new Set(
    listed.flatMap(({ legs }) => legs.flatMap(({ fills }) => fills.map(({ fillId }) => fillId))),
  );
  return {
    ...rest,
    workingOrders: chains.flatMap((chain) => (chain.standing === 'working' ? working(chain) : [])),
    endedOrders: chains.flatMap(ended),
    fills: ledger.fillsOf(standing).filter(({ marketAt }) => marketAt >= rest.fillsSince),
  };
}
