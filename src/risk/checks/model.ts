/**
 * The model's own numbers make sense: time is left and is what the calendar says, volatilities and
 * deltas are in their ranges, the forward stands at the underlying, and no pair of call and put
 * breaks parity. A wrong input to a model looks like an opportunity. The feed's own greeks are no part
 * of it: they decide nothing here, and risk_check tells how far ours stand from them. Parity is asked of each
 * leg where it and its twin have a fresh market, and the card names those of which it could not be. Where it can
 * be asked of no leg at all nothing says that the quotes are of these contracts.
 */
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { ChainSlice, ContractView } from '../../engine/domain/market.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { SPOT_WIDTH_FRACTION } from '../../engine/domain/spot-mid.ts';
import { tickAt } from '../../engine/domain/tick-grid.ts';
import { dollarsFromPrice, price } from '../../engine/domain/units.ts';
import type { Denial } from '../../engine/domain/verdict.ts';
import { MINUTES_PER_YEAR, yearsToExpiry } from '../../engine/pricing/time-to-expiry.ts';
import type { Parity } from '../parity.ts';
import { parityOf } from '../parity.ts';
import type { RiskInput } from '../risk-input.ts';
import { legMarket, soundSpotOf } from '../slice-lookup.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'model_unreasonable';

/** The chain's clock runs with its batches: so far it may lag behind this moment. */
const CLOCK_SLACK_SECONDS = 30;
const SECONDS_PER_MINUTE = 60;

interface Fault {
  readonly message: string;
  readonly numbers: Denial['numbers'];
}

function secondsApart(a: number, b: number): number {
  return Math.abs(a - b) * MINUTES_PER_YEAR * SECONDS_PER_MINUTE;
}

function clockFault(slice: ChainSlice, { at, session }: RiskInput): Fault | undefined {
  const due = session === undefined ? undefined : yearsToExpiry(at.market, session.lastTrade);
  const offSeconds = due === undefined ? 0 : secondsApart(slice.yearsToExpiry, due);
  if (slice.yearsToExpiry > 0 && offSeconds <= CLOCK_SLACK_SECONDS) return undefined;
  const message = 'the time to expiry is not what the calendar says; wait for the next quotes';
  const { yearsToExpiry: years } = slice;
  return { message, numbers: { years, offSeconds, limitSeconds: CLOCK_SLACK_SECONDS } };
}

/** Why the underlying tells no price; undefined where it does. */
function spotFault(slice: ChainSlice): Fault | undefined {
  if (soundSpotOf(slice) !== undefined) return undefined;
  const { bid, ask } = slice.spotQuote ?? {};
  if (bid === undefined || ask === undefined) {
    return { message: 'the underlying has no price; wait for its bid and ask', numbers: {} };
  }
  return {
    message:
      'the quote of the underlying is crossed or too wide to tell its price; wait for a sound one',
    numbers: {
      bidPrice: dollarsFromPrice(bid),
      askPrice: dollarsFromPrice(ask),
      mostWidthFraction: SPOT_WIDTH_FRACTION,
    },
  };
}

function forwardFault(slice: ChainSlice, { limits }: RiskInput): Fault | undefined {
  const { forward } = slice;
  const spot = soundSpotOf(slice);
  if (forward === undefined || spot === undefined) return undefined;
  const spotDollars = dollarsFromPrice(spot);
  const drift = Math.abs(forward - spotDollars) / spotDollars;
  if (drift <= limits.maxForwardDriftFraction) return undefined;
  const message = 'the forward of the options is far from the underlying; wait until they agree';
  return {
    message,
    numbers: { forward, spot: spotDollars, drift, limit: limits.maxForwardDriftFraction },
  };
}

function rangeFault(view: ContractView, leg: OrderLeg, input: RiskInput): Fault | undefined {
  const { impliedVol, contract } = view;
  const { minImpliedVol, maxImpliedVol } = input.limits;
  if (impliedVol !== undefined && (impliedVol < minImpliedVol || impliedVol > maxImpliedVol)) {
    const message = 'an implied volatility is out of its range; choose another strike';
    return { message, numbers: { impliedVol, least: minImpliedVol, most: maxImpliedVol } };
  }
  const { greeks } = legMarket(input, leg);
  if (greeks === undefined) return undefined;
  const ofCall = contract.right === 'call' ? greeks.delta : -greeks.delta;
  if (ofCall >= 0 && ofCall <= 1) return undefined;
  const message = `a ${contract.right} has a delta out of its range; choose another strike`;
  return { message, numbers: { delta: greeks.delta } };
}

function parityFault(
  { contract }: ContractView,
  leg: OrderLeg,
  { gap, halfWidths }: Parity,
  input: RiskInput,
): Fault | undefined {
  const tolerance = halfWidths + input.limits.parityTicks * tickAt(gridOf([leg]), 0);
  if (gap <= tolerance) return undefined;
  const message = 'a call and a put of one strike contradict each other; wait until they agree';
  return {
    message,
    numbers: {
      strike: dollarsFromPrice(contract.strike),
      gapPrice: dollarsFromPrice(price(Math.round(gap))),
      tolerancePrice: dollarsFromPrice(price(Math.round(tolerance))),
    },
  };
}

export const modelCheck: Check = {
  code: CODE,
  control: 21,
  appliesTo: 'openings',
  run(input) {
    const { slice, intent } = input;
    if (slice === undefined) return notRun(CODE, 'no chain is known; wait for its quotes');
    const unpriced = spotFault(slice);
    if (unpriced !== undefined) return notRun(CODE, unpriced.message, unpriced.numbers);
    let fault = clockFault(slice, input) ?? forwardFault(slice, input);
    const unasked: string[] = [];
    for (const leg of intent.legs) {
      const { view } = legMarket(input, leg);
      if (view === undefined) return notRun(CODE, 'a leg is not in the chain');
      const parity = parityOf(input, leg);
      if (parity === undefined) unasked.push(instrumentSymbol(leg.instrument));
      fault ??= rangeFault(view, leg, input) ?? (parity && parityFault(view, leg, parity, input));
    }
    if (fault !== undefined) return failed(CODE, fault.message, fault.numbers);
    const makeSense = 'the numbers of the model make sense';
    if (unasked.length === 0) return passed(CODE, makeSense);
    const numbers = { parityNotAskedOf: unasked.join(' and ') };
    const without = `put-call parity could not be asked of ${numbers.parityNotAskedOf}`;
    if (unasked.length < intent.legs.length) {
      return passed(CODE, `${makeSense}; ${without}`, numbers);
    }
    const message = `${without}; wait until both rights of a strike have a fresh bid and ask`;
    return notRun(CODE, message, numbers);
  },
};
