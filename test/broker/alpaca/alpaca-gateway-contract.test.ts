import { priceFromDollars } from '../../../src/engine/domain/units.ts';
import type { GatewayRig } from '../../contract/order-gateway-contract.ts';
import { orderGatewayContract } from '../../contract/order-gateway-contract.ts';
import { AlpacaRig, closingLegs, LONG_PUT, SHORT_PUT, witness } from './alpaca-rig.ts';

/** A put credit spread that rests until the venue is told to trade it. */
function alpacaGatewayRig(): GatewayRig {
  const rig = new AlpacaRig();
  const spread = (limit: number, units = 1) =>
    witness(rig.intent([SHORT_PUT, LONG_PUT], limit, units));
  return {
    gateway: rig.gateway,
    restingOrder: (units) => spread(1, units),
    refusedOrder: () => witness(rig.intent([SHORT_PUT, LONG_PUT], 1, 100_000)),
    closingOrder: ({ intent }) =>
      witness(rig.intent(closingLegs(intent.legs), -0.3, intent.quantity, intent.positionId)),
    repriced: ({ intent }) => witness({ ...intent, limit: priceFromDollars(1.1) }),
    call: (use) => rig.call(use),
    answer: () => rig.pass(),
    trade: (intentId, units) => rig.trade(intentId, units),
    partlyFilledStays: 'Alpaca does not say what an amended order keeps of a part that filled',
  };
}

orderGatewayContract('Alpaca', alpacaGatewayRig);
