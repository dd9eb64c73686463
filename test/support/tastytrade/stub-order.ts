/** One order of the stub, and how the service writes it. */
import { decimal, type OddNumbers } from './stub-wire.ts';

export interface StubFill {
  readonly id: string;
  readonly quantity: number;
  readonly price: number;
  readonly at: string;
}

export interface StubLeg {
  readonly type: string;
  readonly symbol: string;
  action: string;
  readonly quantity: number;
  readonly fills: StubFill[];
}

export type StubStatus =
  | 'Received'
  | 'Routed'
  | 'In Flight'
  | 'Live'
  | 'Contingent'
  | 'Cancel Requested'
  | 'Replace Requested'
  | 'Filled'
  | 'Cancelled'
  | 'Expired'
  | 'Rejected'
  | 'Removed';

export const TERMINAL: ReadonlySet<StubStatus> = new Set([
  'Filled',
  'Cancelled',
  'Expired',
  'Rejected',
  'Removed',
]);

export interface StubOrder {
  readonly id: number;
  readonly orderType: string;
  readonly timeInForce: string;
  /** Dollars, credit positive; undefined for a market order. */
  readonly limit: number | undefined;
  /** The trigger of a stop; once it is reached the order works as any other. */
  readonly stop: number | undefined;
  isTriggered?: boolean;
  readonly externalId: string | undefined;
  readonly legs: StubLeg[];
  status: StubStatus;
  updatedAt: number;
  terminalAt?: string;
  readonly receivedAt: string;
  rejectReason?: string;
  readonly replaces?: number;
  replacedBy?: number;
  readonly complexTag?: string;
  readonly complexId?: number;
  /** The first order of the chain of replacements. */
  readonly root: number;
}

export function remainingOf(leg: StubLeg): number {
  return leg.quantity - leg.fills.reduce((sum, fill) => sum + fill.quantity, 0);
}

/** Contracts that have traded, over all legs. */
export function filledOf({ legs }: StubOrder): number {
  return legs.flatMap(({ fills }) => fills).reduce((sum, fill) => sum + fill.quantity, 0);
}

/** Units of an order: its legs over their common divisor. */
export function unitsOf({ legs }: Pick<StubOrder, 'legs'>): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  return legs.map(({ quantity }) => quantity).reduce(divisor, 0);
}

export function isWorking({ status }: StubOrder): boolean {
  return status === 'Live' || status === 'Cancel Requested' || status === 'Replace Requested';
}

/** As REST and stream write it. What it once waited for stands on: nothing documents that the service takes
 * that away. `legsShown`: a multi-leg fill is told leg by leg. */
export function written(
  order: StubOrder,
  account: string,
  odd: OddNumbers,
  legsShown = order.legs.length,
): object {
  const { limit } = order;
  const price =
    limit === undefined
      ? {}
      : { price: decimal(Math.abs(limit)), 'price-effect': limit > 0 ? 'Credit' : 'Debit' };
  return {
    id: order.id,
    'account-number': account,
    'time-in-force': order.timeInForce,
    'order-type': order.orderType,
    ...(order.stop === undefined ? {} : { 'stop-trigger': decimal(order.stop) }),
    size: String(unitsOf(order)),
    'underlying-symbol': 'SPY',
    'underlying-instrument-type': 'Equity',
    ...price,
    status: order.status,
    ...(order.status === 'Contingent' || order.replaces !== undefined
      ? { 'contingent-status': 'Pending Order' }
      : {}),
    cancellable: order.status === 'Live',
    editable: order.status === 'Live',
    edited: false,
    ...(order.externalId === undefined ? {} : { 'external-identifier': order.externalId }),
    ...(order.replaces === undefined ? {} : { 'replaces-order-id': String(order.replaces) }),
    ...(order.replacedBy === undefined ? {} : { 'replacing-order-id': order.replacedBy }),
    ...(order.rejectReason === undefined ? {} : { 'reject-reason': order.rejectReason }),
    ...(order.terminalAt === undefined ? {} : { 'terminal-at': order.terminalAt }),
    ...(order.complexTag === undefined ? {} : { 'complex-order-tag': order.complexTag }),
    ...(order.complexId === undefined ? {} : { 'complex-order-id': order.complexId }),
    'received-at': order.receivedAt,
    'updated-at': order.updatedAt,
    'global-request-id': `stub-${order.id}`,
    'a-field-nobody-documented': { nested: true },
    legs: order.legs.map((leg, index) => ({
      'instrument-type': leg.type,
      symbol: leg.symbol,
      quantity: odd.quantity(leg.quantity),
      'remaining-quantity': odd.quantity(index < legsShown ? remainingOf(leg) : leg.quantity),
      action: leg.action,
      fills: (index < legsShown ? leg.fills : []).map((fill) => ({
        'fill-id': fill.id,
        quantity: odd.quantity(fill.quantity),
        'fill-price': decimal(fill.price),
        'filled-at': fill.at,
        'destination-venue': 'STUB',
      })),
    })),
  };
}
