/** The moment from which on a broker takes no order any more, closes included. */

import type { Instrument } from '../engine/domain/instrument.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import { newYorkInstant } from '../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import type { BrokerCapabilities } from './order-gateway.ts';

/** Half days run three hours ahead of full ones. */
const HALF_DAY_SHIFT_MINUTES = 180;

/** A close that is moved by a cancel and a new order begins to at least so long before the last order is
 * taken, or it would be gone with nothing in its place. As long as one request may take. */
export const LAST_MOVE_MICROS = 5_000_000;

/** Minutes by which a session runs ahead of a full day. */
export function aheadMinutes({ kind }: Pick<SessionTimes, 'kind'>): number {
  return kind === 'half' ? HALF_DAY_SHIFT_MINUTES : 0;
}

/** From then on no order in a contract that expires in this session is taken; undefined where the
 * broker takes them for as long as they trade. */
export function orderCutoffAt(
  session: Pick<SessionTimes, 'date' | 'kind'>,
  { orderCutoffMinutes }: Pick<BrokerCapabilities, 'orderCutoffMinutes'>,
): EpochMicros | undefined {
  if (orderCutoffMinutes === undefined) return undefined;
  return newYorkInstant(session.date, orderCutoffMinutes - aheadMinutes(session));
}

/** True where one of these is a contract in which the broker takes no order any more today. */
export function isPastCutoff(
  holdings: readonly { readonly instrument: Instrument }[],
  market: EpochMicros,
  session: Pick<SessionTimes, 'date' | 'kind'>,
  capabilities: Pick<BrokerCapabilities, 'orderCutoffMinutes'>,
): boolean {
  const cutoff = orderCutoffAt(session, capabilities);
  if (cutoff === undefined || market < cutoff) return false;
  return holdings.some(({ instrument: each }) => {
    return each.kind === 'option' && each.expiry === session.date;
  });
}
