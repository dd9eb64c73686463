import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { addMicros, priceFromDollars } from '../../../src/engine/domain/units.ts';
import type { GatewayRig } from '../../contract/order-gateway-contract.ts';
import { orderGatewayContract } from '../../contract/order-gateway-contract.ts';
import { optionLeg } from '../../support/legs.ts';
import { PaperRig, witness } from './paper-rig.ts';

const SHORT_PUT = optionLeg('sellToOpen', 'put', 640);
const LONG_PUT = optionLeg('buyToOpen', 'put', 635);

/** A put credit spread, 0.60 at natural and offered at 1.00: it rests until the market comes to it. */
function paperGatewayRig(): GatewayRig {
  const rig = new PaperRig();
  const quote = (shortBid: number, size: number) => [
    ...rig.quote(LONG_PUT.instrument, 0.8, 0.9, size),
    ...rig.quote(SHORT_PUT.instrument, shortBid, shortBid + 0.1, size),
  ];
  quote(1.5, 1);
  const closings = new Set<string>();
  return {
    gateway: rig.broker,
    restingOrder: (units) => witness(rig.intent([SHORT_PUT, LONG_PUT], 1, units)),
    refusedOrder: () => witness(rig.intent([SHORT_PUT, LONG_PUT], 1.005)),
    closingOrder: ({ intent }) => {
      const legs = intent.legs.map((leg): OrderLeg => {
        const action = legSign(leg.action) > 0 ? 'sellToClose' : 'buyToClose';
        return { ...leg, action };
      });
      const closing = rig.intent(legs, -0.3, intent.quantity, intent.positionId);
      closings.add(closing.intentId);
      return witness(closing);
    },
    repriced: ({ intent }) => witness({ ...intent, limit: priceFromDollars(1.1) }),
    call: (use) => rig.take(use(rig.broker, rig.at())),
    answer: () => rig.pass(),
    trade: (intentId, units) => {
      rig.now = addMicros(rig.now, 1_000);
      const crossed = quote(closings.has(intentId) ? 0.9 : 2.1, units);
      return [...crossed, ...quote(1.5, 1)];
    },
  };
}

orderGatewayContract('the paper broker', paperGatewayRig);
