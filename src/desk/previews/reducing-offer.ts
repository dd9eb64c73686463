/** Which position to close when the market has moved net delta beyond its cap: offered, never done. */
import { structureGreeks } from '../../engine/portfolio/portfolio-greeks.ts';
import { greeksOf, heldDelta } from '../account/book-greeks.ts';
import type { DeskContext } from '../desk-context.ts';
import type { ReducingOffer } from '../engine-api-risk.ts';

/** The position whose close brings net delta nearest to nothing; undefined while delta is inside its
 * cap or not known, or where no close would help. */
export function reducingOffer(desk: DeskContext): ReducingOffer | undefined {
  const netDelta = heldDelta(desk);
  if (netDelta === undefined || Math.abs(netDelta) <= desk.config.limits.portfolioDeltaCap) {
    return undefined;
  }
  let best: ReducingOffer | undefined;
  for (const position of desk.book.structures()) {
    const greeks = structureGreeks(position, (symbol) => greeksOf(desk, symbol));
    if (greeks === undefined) continue;
    const { positionId } = position;
    const netDeltaAfter = netDelta - greeks.delta;
    const least = Math.abs(best?.netDeltaAfter ?? netDelta);
    if (Math.abs(netDeltaAfter) >= least) continue;
    const next = `close_position with ${positionId} previews the close; nothing is sold by itself`;
    best = { positionId, positionDelta: greeks.delta, netDelta, netDeltaAfter, next };
  }
  return best;
}
