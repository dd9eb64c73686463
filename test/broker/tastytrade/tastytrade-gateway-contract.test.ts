import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { priceFromDollars } from '../../../src/engine/domain/units.ts';
import type { GatewayRig } from '../../contract/order-gateway-contract.ts';
import { orderGatewayContract } from '../../contract/order-gateway-contract.ts';
import { optionLeg } from '../../support/legs.ts';
import { witness } from '../paper/paper-rig.ts';
import { SPREAD, TastyRig } from './tasty-rig.ts';

/** Long enough for the lists to be read again after the positions have followed the fills. */
const SETTLED_MILLIS = 12_000;

/** The same suite as the paper broker's, with the adapter before the stub of its service. Of the suite
 * only the refusal of a second order of one id does not apply: this broker does not dedupe. */
function tastyGatewayRig(): GatewayRig {
  const rig = new TastyRig();
  rig.connect();
  return {
    gateway: rig.gateway,
    partlyFilledStays: 'tastytrade does not say whether a replacement orders the rest or the whole',
    restingOrder: (units) => witness(rig.intent(SPREAD, 1, units)),
    refusedOrder: () => witness(rig.intent([optionLeg('buyToOpen', 'put', 900)], -1)),
    closingOrder: ({ intent }) => {
      const legs = intent.legs.map((leg): OrderLeg => {
        return { ...leg, action: legSign(leg.action) > 0 ? 'sellToClose' : 'buyToClose' };
      });
      return witness(rig.intent(legs, -0.3, intent.quantity, 'close'));
    },
    repriced: ({ intent }) => witness({ ...intent, limit: priceFromDollars(1.1) }),
    call: (use) => rig.call(use),
    answer: () => rig.pass(SETTLED_MILLIS),
    trade: (intentId, units) => {
      rig.venue.orders.fill(rig.head(intentId), units);
      return rig.pass(SETTLED_MILLIS);
    },
  };
}

orderGatewayContract('tastytrade', tastyGatewayRig);
