/** What Alpaca can and cannot do for options that expire today. */

import { underlyingOf } from '../../engine/domain/underlying.ts';
import type { BrokerCapabilities } from '../order-gateway.ts';

/**
 * Alpaca takes no order in an expiring contract of a broad fund after 15:30 ET, closes included, and
 * begins to liquidate at 15:45 (alpaca.markets/learn, "How to trade 0DTE options on Alpaca"). So
 * everything has to be over well before: ten minutes are left for what does not fill at once.
 */
export const ALPACA_CAPABILITIES: BrokerCapabilities = {
  name: 'alpaca',
  dedupe: 'clientId',
  maxLegs: 4,
  // Possible, and known to leave legs behind: this engine never sends one.
  multiLegMarketOrders: false,
  preview: 'local',
  // Documented for shares; of options only some orders of one leg take a stop. Not relied on.
  nativeStops: false,
  outlivesEngine: true,
  // Alpaca documents 429 as a limit, not as the proof that an order was not taken.
  rateLimitRefuses: false,
  movesByCancel: true,
  openingCutoffMinutes: 15 * 60,
  flattenStartMinutes: 15 * 60 + 5,
  flattenDeadlineMinutes: 15 * 60 + 20,
  orderCutoffMinutes: 15 * 60 + 30,
};

/** Of all other contracts no order is taken a quarter of an hour earlier, and they are liquidated from 15:30
 * on. Whether that binds options that are settled in cash is not told: the text excepts broad funds alone. */
const INDEX_CAPABILITIES: BrokerCapabilities = {
  ...ALPACA_CAPABILITIES,
  openingCutoffMinutes: 14 * 60 + 45,
  flattenStartMinutes: 14 * 60 + 50,
  flattenDeadlineMinutes: 15 * 60 + 5,
  orderCutoffMinutes: 15 * 60 + 15,
};

/** What holds for the options of an underlying. */
export function alpacaCapabilities(underlying: string): BrokerCapabilities {
  const isIndex = underlyingOf(underlying).settlement === 'cash';
  return isIndex ? INDEX_CAPABILITIES : ALPACA_CAPABILITIES;
}
