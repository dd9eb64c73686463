/** What a trader, or a model in a trader's name, asks for: mostly sensible, sometimes not. */

import type { StrategyRequest } from '../engine-api-requests.ts';
import type { SeededRandom } from './seeded-random.ts';

export type StrategyKind = StrategyRequest['strategy'];

const RANGES = [5, 10, 15, 20, 30, 60];

/** What a request is made for. */
export interface RequestMoment {
  readonly spotDollars: number;
  /** Minutes after the session's open. */
  readonly minutes: number;
}

const MORNING = {
  orb_long_call: 3,
  orb_long_put: 3,
  iron_condor_30_delta: 5,
  lotto_play_5_delta: 0.5,
  straddle_scan: 2,
} satisfies Record<StrategyKind, number>;
const AFTERNOON: typeof MORNING = { ...MORNING, lotto_play_5_delta: 6 };
const LOTTO_FROM_MINUTES = 270;

/** A request that a careful trader could make. */
export function sensibleRequest(random: SeededRandom, moment: RequestMoment): StrategyRequest {
  const weights = moment.minutes < LOTTO_FROM_MINUTES ? MORNING : AFTERNOON;
  const strategy = random.weighted<StrategyKind>(weights);
  switch (strategy) {
    case 'orb_long_call':
    case 'orb_long_put':
      return {
        strategy,
        strikeDelta: 30,
        rangeMinutes: random.pick(RANGES),
        quantity: random.whole(1, 2),
        ...(random.chance(0.3) ? { allowReentry: true } : {}),
      };
    case 'iron_condor_30_delta':
      return {
        strategy,
        width: random.pick([1, 2, 3, 5, 10]),
        shortDelta: random.pick([15, 20, 25, 30]),
        select: random.pick(['delta', 'credit', 'balanced'] as const),
        quantity: random.whole(1, 3),
      };
    case 'lotto_play_5_delta':
      return {
        strategy,
        side: random.pick(['call', 'put'] as const),
        targetDelta: random.pick([4, 5, 6, 8]),
        quantity: random.whole(1, 4),
      };
    case 'straddle_scan': {
      const strike = Math.round(moment.spotDollars) + random.whole(-3, 3);
      return { strategy, strike, quantity: random.whole(1, 2) };
    }
  }
}

/** A request with something wrong in it: too large, out of range, or in the wrong unit. */
export function oddRequest(random: SeededRandom, moment: RequestMoment): StrategyRequest {
  const request = sensibleRequest(random, moment);
  if (random.chance(0.4))
    return { ...request, quantity: random.pick([0, -1, 1.5, 10, 11, 25, 1_000]) };
  if (random.chance(0.3)) return largeRequest(random);
  switch (request.strategy) {
    case 'orb_long_call':
    case 'orb_long_put':
      return random.chance(0.5)
        ? { ...request, strikeDelta: random.pick([0, 0.3, -30, 97, 150]) }
        : { ...request, rangeMinutes: random.pick([0, 7, 15.5, -15, 1_000]) };
    case 'iron_condor_30_delta':
      return random.chance(0.5)
        ? { ...request, width: random.pick([0, -5, 0.25, 50, 500]) }
        : { ...request, shortDelta: random.pick([0, 0.3, 51, -200]) };
    case 'lotto_play_5_delta':
      return { ...request, targetDelta: random.pick([0.05, 0, 60, -5, 99]) };
    case 'straddle_scan':
      return { ...request, strike: random.pick([0, -600, 1, 600.5, 99_999]) };
  }
}

/** So cheap that nothing but the size of the order speaks against it. */
export function largeRequest(random: SeededRandom): StrategyRequest {
  const quantity = random.pick([10, 11, 11, 11, 12]);
  if (random.chance(0.3)) {
    return { strategy: 'lotto_play_5_delta', side: 'call', targetDelta: 4, quantity };
  }
  const shortDelta = random.pick([15, 20, 25, 30]);
  const select = random.pick(['delta', 'credit', 'balanced'] as const);
  return { strategy: 'iron_condor_30_delta', width: 1, shortDelta, select, quantity };
}

/** So much of a small one that what it may lose is near a limit, or beyond it. */
export function dearRequest(random: SeededRandom, moment: RequestMoment): StrategyRequest {
  return { ...plainRequest(random, moment), quantity: random.whole(2, 9) };
}

/** A small request that hardly any limit speaks against. */
export function plainRequest(random: SeededRandom, moment: RequestMoment): StrategyRequest {
  if (random.chance(0.6)) {
    const strike = Math.round(moment.spotDollars);
    return { strategy: 'straddle_scan', strike, quantity: 1 };
  }
  const shortDelta = random.pick([20, 25, 30]);
  return { strategy: 'iron_condor_30_delta', width: 2, shortDelta, select: 'delta', quantity: 1 };
}
