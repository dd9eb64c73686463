/** An opening as it is judged and sent: at what the market asks at that moment. */
import { gridOf } from '../../engine/domain/instrument.ts';
import { netPrices } from '../../engine/domain/net-price.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { floorToTick } from '../../engine/domain/tick-grid.ts';
import { confirmedLimit } from '../../risk/drift.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import { exitAtBetterLimit } from './exit-of-replacement.ts';

/** An opening goes out at what the market asks now where that is better than agreed, and is left by the
 * plan of that price: a price that improved is taken, and never refused as too far from the market. */
export function atLiveLimit(desk: DeskContext, intent: OrderIntent): OrderIntent {
  const net = netPrices(intent.legs, (symbol) => quoteOf(desk, symbol));
  if (intent.purpose !== 'open' || 'missing' in net) return intent;
  const { quantity, worst } = intent;
  const limit = confirmedLimit(floorToTick(gridOf(intent.legs), net.mid), worst);
  if (limit <= intent.limit) return intent;
  const exitPlan = exitAtBetterLimit(desk, intent, { quantity, limit, worst });
  return { ...intent, limit, exitPlan };
}
