/** Openings need an open session, its auction behind them and a moment before the opening cut-off; what
 * closes or protects needs a market that is open. */
import { auctionEnd, newYorkText } from '../../engine/domain/session-calendar.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { CheckResult } from '../../engine/domain/verdict.ts';
import type { RiskInput } from '../risk-input.ts';
import { marketShut } from '../trading-hours.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'session_window';

function wayOut({ intent, at, session }: RiskInput): CheckResult {
  if (session === undefined) return notRun(CODE, 'no session is known, so no hours either');
  const shut = marketShut(intent.legs, at.market, session);
  if (shut === undefined) return passed(CODE, 'its market is open');
  return failed(CODE, shut.message, shut.numbers);
}

export const sessionWindowCheck: Check = {
  code: CODE,
  control: 8,
  appliesTo: 'all',
  run(input) {
    const { at, intent, session, openingCutoffAt } = input;
    if (intent.purpose !== 'open') return wayOut(input);
    if (session === undefined || openingCutoffAt === undefined) {
      return notRun(CODE, 'no session is known; wait until the chain of a session is up');
    }
    const closesAt = Math.min(openingCutoffAt, session.lastTrade);
    const numbers = {
      timeNewYork: newYorkText(at.market),
      opensAt: newYorkText(session.open),
      openingCutoff: newYorkText(openingCutoffAt),
      secondsToCutoff: Math.floor((closesAt - at.market) / MICROS_PER_SECOND),
    };
    if (at.market < session.open) {
      return failed(CODE, `the session opens at ${numbers.opensAt} ET; try then`, numbers);
    }
    const auctionEndsAt = auctionEnd(session);
    if (at.market < auctionEndsAt) {
      const auctionEnds = newYorkText(auctionEndsAt);
      const message = `the opening auction lasts until ${auctionEnds} ET; try then`;
      return failed(CODE, message, { ...numbers, phase: 'auction', auctionEnds });
    }
    const openSeconds = Math.ceil((at.market - auctionEndsAt) / MICROS_PER_SECOND);
    const within = { ...numbers, openSeconds };
    if (at.market < closesAt) return passed(CODE, 'the session takes opening orders', within);
    const message = `no opening orders from ${numbers.openingCutoff} ET on; try the next session`;
    return failed(CODE, message, within);
  },
};
