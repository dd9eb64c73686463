/** What brokers charge: one table, so that a preview and the fills after it agree to the cent. */

import type { OrderLeg } from '../engine/domain/order.ts';
import { isOpening, legSign } from '../engine/domain/order.ts';
import type { Cents } from '../engine/domain/units.ts';
import { cents } from '../engine/domain/units.ts';

export type FeeBroker = 'paper' | 'tastytrade' | 'alpaca';

/** Rates in 1/10,000 dollar per option contract: typical retail figures, not a broker's own
 * statement; compare them with yours. Shares trade free of
 * charge. The SEC's fee on sales is left out: it goes by the price that a preview does not know
 * yet, and stays below half a cent a contract for premiums under $2. */
interface FeeSchedule {
  /** The broker's commission on contracts that open. */
  readonly commissionToOpen: number;
  /** The most commission that one leg of an order pays; index options are excluded from it. */
  readonly commissionCapPerLeg: number;
  /** Clearing, on every contract. */
  readonly clearing: number;
  /** Options regulatory fee of the exchanges, on every contract. */
  readonly regulatory: number;
  /** FINRA trading activity fee, on contracts that are sold. */
  readonly activityOnSales: number;
  /** For the exercise or assignment of one position, however large. */
  readonly exerciseOrAssignment: number;
}

const TASTYTRADE: FeeSchedule = {
  commissionToOpen: 10_000,
  commissionCapPerLeg: 100_000,
  clearing: 1_000,
  regulatory: 230,
  activityOnSales: 33,
  exerciseOrAssignment: 50_000,
};

const SCHEDULES: Readonly<Record<FeeBroker, FeeSchedule>> = {
  tastytrade: TASTYTRADE,
  paper: TASTYTRADE,
  alpaca: {
    commissionToOpen: 0,
    commissionCapPerLeg: 0,
    clearing: 250,
    regulatory: 230,
    activityOnSales: 33,
    exerciseOrAssignment: 0,
  },
};

/** What an exchange takes for a contract of an index that it alone lists, passed on by every broker:
 * Cboe's fees for customers, XSP's from ten contracts a leg on. */
const INDEX_FEES: Readonly<Record<string, { readonly from: number; readonly rate: number }>> = {
  SPXW: { from: 1, rate: 6_500 },
  XSP: { from: 10, rate: 700 },
};

const RATE_PER_CENT = 100;

/** Fees of one leg, rounded up to whole cents once for all its contracts. */
function legFees(broker: FeeBroker, leg: OrderLeg, contracts: number): number {
  if (leg.instrument.kind === 'shares') return 0;
  const schedule = SCHEDULES[broker];
  const index = INDEX_FEES[leg.instrument.root];
  const cap = index === undefined ? schedule.commissionCapPerLeg : Number.POSITIVE_INFINITY;
  const commission = isOpening(leg.action)
    ? Math.min(schedule.commissionToOpen * contracts, cap)
    : 0;
  const onIndex = index !== undefined && contracts >= index.from ? index.rate : 0;
  const onSales = legSign(leg.action) < 0 ? schedule.activityOnSales : 0;
  const perContract = schedule.clearing + schedule.regulatory + onSales + onIndex;
  return Math.ceil((commission + perContract * contracts) / RATE_PER_CENT);
}

/** Fees of a whole order of `quantity` units, positive cents. */
export function orderFees(broker: FeeBroker, legs: readonly OrderLeg[], quantity: number): Cents {
  return cents(legs.reduce((sum, leg) => sum + legFees(broker, leg, leg.ratio * quantity), 0));
}

/**
 * Fees of one execution of `quantity` contracts of a leg, of which `filledBefore` had filled. Caps
 * and rounding run on from fill to fill: the fees of all fills add up to `orderFees` exactly.
 */
export function fillFees(
  broker: FeeBroker,
  leg: OrderLeg,
  quantity: number,
  filledBefore: number,
): Cents {
  const before = legFees(broker, leg, filledBefore);
  return cents(legFees(broker, leg, filledBefore + quantity) - before);
}

/** Fee of the exercise or assignment of one position; worthless expiry costs nothing. */
export function settlementFees(
  broker: FeeBroker,
  outcome: 'exercised' | 'assigned' | 'expired',
): Cents {
  if (outcome === 'expired') return cents(0);
  return cents(SCHEDULES[broker].exerciseOrAssignment / RATE_PER_CENT);
}
