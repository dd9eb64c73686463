/**
 * The limit stays near the market: no worse than natural and no better than the far side by more
 * than the tolerance, and no leg is quoted so wide that its natural is far from its own mid.
 * The tolerance is a number of ticks or a fraction of the mid, whichever is more; before the session
 * opens a share of that, since a thin market is no reason to be generous.
 */
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import { legPrices, netPrices } from '../../engine/domain/net-price.ts';
import { type TickGrid, tickAt } from '../../engine/domain/tick-grid.ts';
import { dollarsFromPrice, price } from '../../engine/domain/units.ts';
import type { CheckResult } from '../../engine/domain/verdict.ts';
import type { RiskInput } from '../risk-input.ts';
import { freshLegQuote } from '../slice-lookup.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'price_collar';

/** How far from the market a price may stand, in 1/10,000 dollar. */
function collarTolerance(mid: number, { limits, at, session }: RiskInput, grid: TickGrid): number {
  const ofMid = Math.floor(limits.collarFraction * Math.abs(mid));
  const tolerance = Math.max(limits.collarTicks * tickAt(grid, mid), ofMid);
  const isOpen = session !== undefined && at.market >= session.open;
  return isOpen ? tolerance : Math.floor(tolerance * limits.collarShareBeforeOpen);
}

function wideLeg(input: RiskInput): CheckResult | undefined {
  for (const leg of input.intent.legs) {
    const symbol = instrumentSymbol(leg.instrument);
    const prices = legPrices(leg, freshLegQuote(input, leg));
    if (prices === undefined) return notRun(CODE, `${symbol} has no fresh market`, { symbol });
    const { natural, other } = prices;
    const mid = (natural + other) / 2;
    const tolerance = collarTolerance(mid, input, gridOf([leg]));
    if (Math.abs(natural - mid) <= tolerance) continue;
    return failed(CODE, `${symbol} is quoted too wide; wait or choose another strike`, {
      symbol,
      midPrice: dollarsFromPrice(price(Math.round(mid))),
      naturalPrice: dollarsFromPrice(natural),
      beyondPrice: dollarsFromPrice(price(Math.round(Math.abs(natural - mid)))),
      tolerancePrice: dollarsFromPrice(price(tolerance)),
    });
  }
  return undefined;
}

export const priceCollarCheck: Check = {
  code: CODE,
  control: 3,
  appliesTo: 'openings',
  run(input) {
    const refused = wideLeg(input);
    if (refused !== undefined) return refused;
    const { legs, limit } = input.intent;
    const net = netPrices(legs, (_symbol, leg) => freshLegQuote(input, leg));
    if ('missing' in net) return notRun(CODE, `${net.missing} has no fresh market`);
    const far = 2 * net.mid - net.natural;
    const tolerance = collarTolerance(net.mid, input, gridOf(legs));
    const beyond = Math.max(0, net.natural - limit, limit - far);
    const numbers = {
      limitPrice: dollarsFromPrice(limit),
      naturalPrice: dollarsFromPrice(net.natural),
      midPrice: dollarsFromPrice(net.mid),
      beyondPrice: dollarsFromPrice(price(beyond)),
      tolerancePrice: dollarsFromPrice(price(tolerance)),
    };
    if (beyond <= tolerance) {
      return passed(CODE, 'the limit is near the market', numbers);
    }
    const message =
      'the limit is too far from the market; give one nearer to it, or preview again where that has moved';
    return failed(CODE, message, numbers);
  },
};
