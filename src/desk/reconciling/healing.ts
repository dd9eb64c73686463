/**
 * Makes the books right from one consistent picture of the broker. Every change is a journalled fact
 * with the execution's or order's own id, so that it counts once, whatever the stream tells later.
 * Nothing here speaks to the broker: no heal can send, move or cancel an order.
 */

import { unreachable } from '../../engine/domain/assert.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill } from '../../engine/domain/order.ts';
import { isOpening } from '../../engine/domain/order.ts';
import type { DeskContext } from '../desk-context.ts';
import { adopt } from '../orders/adopting.ts';
import { takeEvent } from '../orders/broker-events.ts';
import { isWhole } from '../orders/order-book.ts';
import type { Divergence } from './divergence.ts';

const SOURCE = 'snapshot';

type EndedThere = Extract<Divergence, { kind: 'endedThere' }>;

/** Heals what can be healed. A fill is believed only where the positions of the same picture bear it
 * out: with a residual in its contract the picture contradicts itself. What is left is for the
 * operator. */
export function heal(desk: DeskContext, found: readonly Divergence[]): void {
  const contradicted = new Set(
    found.flatMap((divergence) => (divergence.kind === 'residual' ? [divergence.symbol] : [])),
  );
  for (const divergence of found) {
    const isFill = divergence.kind === 'missedFill' || divergence.kind === 'bustedFill';
    if (isFill && contradicted.has(instrumentSymbol(divergence.fill.instrument))) continue;
    healOne(desk, divergence);
  }
}

/**
 * Takes back an execution that the broker does not list any more. One that had closed brings back
 * something to watch. One that had opened would take a position from its exits: a list that came
 * too short must not do that, so it waits for the broker's own word or for the operator.
 */
export function bust(desk: DeskContext, fill: Fill, source: 'snapshot' | 'operator'): void {
  const { intentId, fillId } = fill;
  const reason = 'it is not among the executions of the account any more';
  takeEvent(desk, { kind: 'busted', intentId, fillId, reason }, source);
}

function healOne(desk: DeskContext, divergence: Divergence): void {
  switch (divergence.kind) {
    case 'missedFill':
      takeEvent(desk, { kind: 'fill', fill: divergence.fill }, SOURCE);
      return;
    case 'bustedFill':
      if (!isOpening(divergence.fill.action)) bust(desk, divergence.fill, SOURCE);
      return;
    case 'foreignOrder':
      adopt(desk, divergence.order);
      return;
    case 'worksThere':
      healWorking(desk, divergence);
      return;
    case 'endedThere':
      healEnded(desk, divergence);
      return;
    case 'noSnapshot':
    case 'residual':
    case 'remaining':
      return;
    default:
      unreachable(divergence);
  }
}

function healWorking(
  desk: DeskContext,
  { order, here }: Extract<Divergence, { kind: 'worksThere' }>,
): void {
  const { intentId, brokerOrderId } = order;
  if (here === 'waiting') takeEvent(desk, { kind: 'accepted', intentId, brokerOrderId }, SOURCE);
  else {
    const reason = 'the broker lists it among the working orders';
    takeEvent(desk, { kind: 'reopened', intentId, brokerOrderId, reason }, SOURCE);
  }
}

/** An order that ended there ends here as it did; somebody else's that was over with its day expires. One that
 * is not listed at all is UNKNOWN; one that filled there and whose fills are not here yet stays open until
 * they are. */
function healEnded(desk: DeskContext, { intentId, standing, remaining }: EndedThere): void {
  const order = desk.orders.get(intentId);
  if (order === undefined) return;
  switch (standing) {
    case 'cancelled':
    case 'expired':
      takeEvent(desk, { kind: standing, intentId, remaining }, SOURCE);
      return;
    case 'overWithItsDay':
      takeEvent(desk, { kind: 'expired', intentId, remaining }, SOURCE);
      return;
    case 'rejected':
      takeEvent(desk, { kind: standing, intentId, reason: 'the broker lists it so' }, SOURCE);
      return;
    case 'filled':
    case 'notListed': {
      if (isWhole(order) && standing === 'filled') {
        const search = { outcome: 'found', standing, evidence: 'the broker lists it so' } as const;
        takeEvent(desk, { kind: 'searched', intentId, search }, SOURCE);
        return;
      }
      if (isWhole(order) || order.status === 'unknown') return;
      const reason = `the broker lists it ${standing === 'filled' ? 'as filled, without its fills' : 'nowhere'}`;
      takeEvent(desk, { kind: 'unknown', intentId, reason }, SOURCE);
      return;
    }
    default:
      unreachable(standing);
  }
}
