/** The market of the last moments, for whoever must tell a move from a mistaken tick. */
import { UNDERLYING } from '../../engine/chain/chain-layout.ts';
import { addMicros, MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import { JUMP_LASTS_MILLIS } from '../../risk/breach.ts';
import type { DeskContext } from '../desk-context.ts';
import type { RecentMarket } from '../exits/jump.ts';

/** Looks into the past only when asked, from the moment that it is then. */
export function recentMarket(desk: DeskContext): RecentMarket {
  const { chain, past } = desk;
  const since = () => addMicros(desk.at.market, -JUMP_LASTS_MILLIS * MICROS_PER_MILLI);
  return {
    mids: (symbol) => {
      const index = chain.indexOf(symbol);
      return index === undefined ? undefined : past.rangeSince(index, since());
    },
    spots: () => past.rangeSince(UNDERLYING, since()),
  };
}
