import { describe, expect, it } from 'vitest';
import { OpenedPlans } from '../../../src/desk/simulation/opened-plans.ts';
import type { Right } from '../../../src/engine/domain/instrument.ts';
import type { ExitPlan, Fill, LegAction, OrderIntent } from '../../../src/engine/domain/order.ts';
import { cents, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';

const session = buildSession();
const timeExitAt = session.exerciseMark;

type Leg = OrderIntent['legs'][number];

function leg(action: LegAction, right: Right, strike: number): Leg {
  const terms = { root: 'SPY', expiry: session.date, right } as const;
  const instrument = { kind: 'option', ...terms, strike: priceFromDollars(strike) } as const;
  return { instrument, action, ratio: 1 };
}

const CONDOR = [
  leg('sellToOpen', 'call', 605),
  leg('buyToOpen', 'call', 610),
  leg('sellToOpen', 'put', 595),
  leg('buyToOpen', 'put', 590),
];
const CALL = [leg('buyToOpen', 'call', 602)];
const SPREAD = [leg('sellToOpen', 'put', 599), leg('buyToOpen', 'put', 594)];

interface Traded {
  readonly strategy: OrderIntent['strategy'];
  readonly legs: readonly Leg[];
  /** In dollars: the net asked for, and what each leg filled at. */
  readonly limit: number;
  readonly at: readonly number[];
}

function planned(plan: Partial<ExitPlan>, { strategy, legs, limit, at }: Traded) {
  const plans = new OpenedPlans();
  const exitPlan = { timeExitAt, ...plan };
  const prices = { limit: priceFromDollars(limit), worst: priceFromDollars(limit - 1) };
  const names = { intentId: 'P', positionId: 'P', principal: 'alice' };
  plans.onIntent({ ...names, purpose: 'open', strategy, legs, quantity: 2, ...prices, exitPlan });
  for (const [i, dollars] of at.entries()) {
    const { instrument, action } = legs[i % legs.length] ?? CALL[0]!;
    const facts = { quantity: 1, price: priceFromDollars(dollars), feesCents: cents(0) };
    const ids = { fillId: `F${i}`, intentId: 'P', marketAt: session.open };
    const fill: Fill = { ...ids, instrument, action, ...facts };
    plans.onFill(fill);
    plans.onFill(fill);
  }
  return plans;
}

const condor = (at: readonly number[]): Traded => {
  return { strategy: 'iron_condor_30_delta', legs: CONDOR, limit: 1, at };
};
const LESS = [0.55, 0.1, 0.55, 0.1];

describe('a plan by what was received', () => {
  it('is the one that was made where no less came in, or no whole unit', () => {
    const plan = { sideStop: { debit: price(10_000) } };
    for (const at of [[], [0.3, 0.1], [0.7, 0.1, 0.7, 0.1]]) {
      expect(planned(plan, condor(at)).planOf('P')).toEqual({ timeExitAt, ...plan });
    }
  });

  it('has the stops of a condor’s sides at the credit, or their part of it', () => {
    const side = { sideStop: { debit: price(10_000) } };
    expect(planned(side, condor(LESS)).planOf('P')?.sideStop?.debit).toBe(9_000);
    const even = { sideStop: { debit: price(9_000), afterOther: 'breakeven' } } as const;
    expect(planned(even, condor(LESS)).planOf('P')?.sideStop?.debit).toBe(8_100);
  });

  it('goes by the average, and by what was not taken back', () => {
    const plan = { sideStop: { debit: price(10_000) } };
    const plans = planned(plan, condor([...LESS, 0.5, 0.1, 0.55, 0.1]));
    expect(plans.planOf('P')?.sideStop?.debit).toBe(8_700);
    plans.onBust('P', 'F4');
    expect(plans.planOf('P')?.sideStop?.debit).toBe(9_000);
  });

  it('has stop, target and trail of a condor at their part of it', () => {
    const plans = planned(
      {
        stop: { kind: 'debitAtOrAbove', price: price(20_000) },
        target: { kind: 'debitAtOrBelow', price: price(5_000) },
        trail: { afterGain: price(2_500), keepFraction: 0.5 },
      },
      condor(LESS),
    );
    expect(plans.planOf('P')).toEqual({
      timeExitAt,
      stop: { kind: 'debitAtOrAbove', price: 18_000 },
      target: { kind: 'debitAtOrBelow', price: 4_500 },
      trail: { afterGain: 2_300, keepFraction: 0.5 },
    });
  });

  it('is of the newest limit that a plan was made for', () => {
    const plans = planned({ sideStop: { debit: price(10_000) } }, condor([]));
    const exitPlan = { timeExitAt, sideStop: { debit: price(12_000) } };
    const moved = { kind: 'repriced', intentId: 'P', reason: 'better at confirm' } as const;
    plans.onBetter({ ...moved, limit: 12_000, exitPlan });
    expect(plans.planOf('P')).toEqual(exitPlan);
    expect(plans.openingOf('P')?.limit).toBe(12_000);
  });
});

describe('a plan by what was paid', () => {
  const long = (limit: number, paid: number): Traded => {
    return { strategy: 'orb_long_call', legs: CALL, limit, at: [paid] };
  };

  it('has its stop at half, its target at twice, and no later trail', () => {
    const stop = { kind: 'valueAtOrBelow', price: price(2_500) } as const;
    const target = { kind: 'valueAtOrAbove', price: price(10_000) } as const;
    const trail = { afterGain: price(2_500), keepFraction: 0.5 };
    expect(planned({ stop, target, trail }, long(-0.5, 0.55)).planOf('P')).toEqual({
      timeExitAt,
      stop: { ...stop, price: 2_800 },
      target: { ...target, price: 11_000 },
      trail,
    });
  });

  it('leaves the stop of some ticks where a market so wide would break a nearer one', () => {
    const stop = { kind: 'valueAtOrBelow', price: price(300) } as const;
    expect(planned({ stop }, long(-0.06, 0.08)).planOf('P')?.stop).toEqual(stop);
  });
});

describe('a plan of an opening by hand', () => {
  const sold = (at: readonly number[]): Traded => {
    return { strategy: 'place_order', legs: SPREAD, limit: 1.5, at };
  };

  it('keeps distances that were asked for, and chooses anew what was chosen', () => {
    const target = { kind: 'debitAtOrBelow', price: price(10_000) } as const;
    const asked = { stop: { kind: 'debitAtOrAbove', price: price(20_000) }, target } as const;
    expect(planned(asked, sold([1.5, 0.1])).planOf('P')).toMatchObject({
      stop: { price: 19_000 },
      target: { price: 9_000 },
    });
    const chosen = { stop: { kind: 'debitAtOrAbove', price: price(30_000) } } as const;
    expect(planned(chosen, sold([1.5, 0.1])).planOf('P')?.stop?.price).toBe(28_000);
  });

  it('chose no stop for what is paid: one that lies where it would be was asked for', () => {
    const strangle = [leg('buyToOpen', 'put', 590), leg('buyToOpen', 'call', 610)];
    const stop = { kind: 'valueAtOrBelow', price: price(500) } as const;
    const bought: Traded = {
      strategy: 'place_order',
      legs: strangle,
      limit: -0.18,
      at: [0.09, 0.1],
    };
    expect(planned({ stop }, bought).planOf('P')?.stop).toEqual({ ...stop, price: 600 });
  });

  it('keeps a target that cannot be reached any more', () => {
    const target = { kind: 'debitAtOrBelow', price: price(200) } as const;
    expect(planned({ target }, sold([1.5, 0.1])).planOf('P')?.target).toEqual(target);
  });
});
