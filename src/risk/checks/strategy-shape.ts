/** The legs are what the strategy's name says: a call is no put, and nobody sells a lottery ticket. */
import type { OptionContract } from '../../engine/domain/instrument.ts';
import type { OrderIntent, OrderLeg } from '../../engine/domain/order.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'strategy_mismatch';

interface PlainLeg {
  readonly contract: OptionContract;
  readonly isBought: boolean;
}

function plainLegs(legs: readonly OrderLeg[]): readonly PlainLeg[] {
  const plain: PlainLeg[] = [];
  for (const { instrument, action, ratio } of legs) {
    if (instrument.kind !== 'option' || ratio !== 1) continue;
    plain.push({ contract: instrument, isBought: action === 'buyToOpen' });
  }
  return plain.toSorted((a, b) => a.contract.strike - b.contract.strike);
}

/** Right and side of each leg in strike order, as `put+ put- call- call+`. */
function shapeOf(legs: readonly PlainLeg[]): string {
  return legs.map(({ contract, isBought }) => contract.right + (isBought ? '+' : '-')).join(' ');
}

type Strategy = OrderIntent['strategy'];

/** The shapes a strategy trades. `place_order` is the trader's own and has none; nothing is opened in
 * the name of orders that came from elsewhere. */
const SHAPES: Readonly<Record<Exclude<Strategy, 'place_order'>, readonly string[]>> = {
  external: [],
  orb_long_call: ['call+'],
  orb_long_put: ['put+'],
  lotto_play_5_delta: ['call+', 'put+'],
  iron_condor_30_delta: ['put+ put- call- call+'],
  straddle_scan: ['call+ put+', 'put+ call+'],
};

function isSoundStraddle(strategy: Strategy, legs: readonly PlainLeg[]): boolean {
  if (strategy !== 'straddle_scan') return true;
  return new Set(legs.map(({ contract }) => contract.strike)).size === 1;
}

function fits({ strategy, legs }: OrderIntent): boolean {
  if (strategy === 'place_order') return true;
  const plain = plainLegs(legs);
  const isPlain = plain.length === legs.length;
  return isPlain && SHAPES[strategy].includes(shapeOf(plain)) && isSoundStraddle(strategy, plain);
}

export const strategyShapeCheck: Check = {
  code: CODE,
  control: 5,
  appliesTo: 'openings',
  run({ intent }) {
    const { strategy } = intent;
    if (fits(intent)) return passed(CODE, 'the legs are those of the strategy', { strategy });
    const shape = shapeOf(plainLegs(intent.legs));
    const message = `${strategy} does not trade these legs; preview the strategy again`;
    return failed(CODE, message, { strategy, shape });
  },
};
