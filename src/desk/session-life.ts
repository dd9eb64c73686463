/** The life of a session: listing, open chain, expiry, seal, and the next day. */

import type { BrokerCapabilities } from '../broker/order-gateway.ts';
import { streamerSymbol } from '../engine/domain/instrument.ts';
import type { ChainListing } from '../engine/domain/market.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import { newYorkInstant } from '../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { cents, epochMicros } from '../engine/domain/units.ts';
import { dayPnl } from './day-pnl.ts';
import type { DeskConfig } from './desk-config.ts';
import type { DaySchedule, DeskContext } from './desk-context.ts';
import { flatBySchedule } from './exits/flat-by.ts';
import { beginDay } from './governing.ts';
import { isExternal } from './order-book.ts';
import type { PreviewShelf } from './preview-shelf.ts';
import { requestCancel } from './sending.ts';
import { sessionFor } from './session-clock.ts';

/** Cut-offs of the session at this broker, made earlier by settings where they say so. */
export function scheduleFor(
  config: DeskConfig,
  capabilities: BrokerCapabilities,
  session: SessionTimes,
): DaySchedule {
  return flatBySchedule(session, capabilities, config.flatBy);
}

/** When the chain, tokens and subscriptions of the session expire. */
export function expiresAt(config: DeskConfig, session: SessionTimes): EpochMicros {
  if (config.expireMinutes === undefined) return session.lastTrade;
  const asked = newYorkInstant(session.date, config.expireMinutes);
  return epochMicros(Math.min(asked, session.lastTrade));
}

/** A listing arrived: opens the session's chain, or adds strikes to an open one. */
export function onListing(desk: DeskContext, listing: ChainListing): void {
  const { day } = desk;
  if (listing.date !== day.session.date) return;
  const contracts = listing.contracts.filter((c) => c.expiry === listing.date);
  if (day.chainOpen) {
    desk.chain.addContracts(contracts);
  } else {
    if (desk.at.market >= expiresAt(desk.config, day.session)) return;
    desk.chain.openSession({ ...listing, contracts }, day.session, desk.at);
    desk.bars.openSession(day.session);
    day.chainOpen = true;
    day.sealed = false;
    desk.out.append({ kind: 'sessionOpened', contracts: contracts.length });
  }
  const symbols = contracts.map((c) => streamerSymbol(c));
  desk.out.push({ kind: 'subscribe', symbols: [desk.config.underlying, ...symbols] });
}

/** Called on the clock: expires the chain at last trade and moves on to the next session. */
export function keepSession(desk: DeskContext, shelf: PreviewShelf): void {
  const { day } = desk;
  if (day.chainOpen && desk.at.market >= expiresAt(desk.config, day.session)) expire(desk, shelf);
  const session = sessionFor(desk.at.market, desk.spec);
  if (session.date !== day.session.date) beginSession(desk, session);
}

/** The day's chain, tokens and subscriptions expire and the session is sealed. Positions stay. */
function expire(desk: DeskContext, shelf: PreviewShelf): void {
  const { day } = desk;
  const pnl = dayPnl(desk).liquidationCents ?? cents(0);
  const contracts = desk.reader.slice()?.calls.length ?? 0;
  for (const order of desk.orders.live()) {
    if (!isExternal(order)) requestCancel(desk, order, 'engine');
  }
  desk.chain.expire(desk.at);
  desk.tokens.clear();
  shelf.clear();
  day.chainOpen = false;
  day.sealed = true;
  desk.out.append({ kind: 'sessionSealed', contracts: contracts * 2, dayPnlCents: pnl });
  desk.out.push({ kind: 'subscribe', symbols: [desk.config.underlying] });
  pageAboutShares(desk);
}

function pageAboutShares(desk: DeskContext): void {
  const shares = desk.book.sharesHeld();
  if (shares === 0) return;
  const text = `${shares} shares of ${desk.config.underlying} are held after exercise or assignment`;
  desk.out.alert('critical', 'SHARES_HELD', `${text}; openings are blocked until they are closed`);
}

function beginSession(desk: DeskContext, session: SessionTimes): void {
  const { day } = desk;
  pageAboutShares(desk);
  day.session = session;
  day.schedule = scheduleFor(desk.config, desk.gateway.capabilities, session);
  day.chainOpen = false;
  day.sealed = false;
  day.breakoutsTaken.length = 0;
  desk.out.setSession(session.date);
  desk.book.startSession(session.date);
  beginDay(desk);
  desk.out.push({ kind: 'fetchListing', date: session.date });
}
