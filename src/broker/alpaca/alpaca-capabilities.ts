/** What Alpaca can and cannot do for options that expire today. */

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
