/** A confirmed order as it is judged and sent: at what the market asks at that moment. */
import { gridOf } from '../../engine/domain/instrument.ts';
import type { NetPrices } from '../../engine/domain/net-price.ts';
import { netPrices } from '../../engine/domain/net-price.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { floorToTick } from '../../engine/domain/tick-grid.ts';
import { confirmedLimit } from '../../risk/drift.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf, spotNow } from '../desk-context.ts';
import { closingLimits } from '../orders/closing.ts';
import { exitAtBetterLimit } from './exit-of-replacement.ts';

/** An order goes out at what the market asks now where that is better than agreed: a price that improved is
 * taken, and never refused as too far from the market. What it opens is left by the plan of that price; a close
 * begins where its ladder would begin now. */
export function atLiveLimit(desk: DeskContext, intent: OrderIntent): OrderIntent {
  const net = netPrices(intent.legs, (symbol) => quoteOf(desk, symbol));
  if ('missing' in net) return intent;
  return intent.purpose === 'open' ? openingAt(desk, intent, net) : closeAt(desk, intent, net);
}

function openingAt(desk: DeskContext, intent: OrderIntent, net: NetPrices): OrderIntent {
  const { quantity, worst } = intent;
  const limit = confirmedLimit(floorToTick(gridOf(intent.legs), net.mid), worst);
  if (limit <= intent.limit) return intent;
  const exitPlan = exitAtBetterLimit(desk, intent, { quantity, limit, worst });
  return { ...intent, limit, exitPlan };
}

function closeAt(desk: DeskContext, intent: OrderIntent, net: NetPrices): OrderIntent {
  const { exitLadder } = exitSettingsOf(desk.config);
  const { limit } = closingLimits(intent.legs, net, spotNow(desk), exitLadder);
  return limit > intent.limit ? { ...intent, limit } : intent;
}
