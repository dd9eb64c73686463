/**
 * The last hour of a short strike: how far the price is from it, what assignment would bring, and
 * how long the broker takes orders in it. Shown with each position, and told when the price comes near a
 * strike and once more when it passes it.
 */

import type { OptionContract } from '../../engine/domain/instrument.ts';
import { instrumentSymbol, isOfUnderlying, multiplierOf } from '../../engine/domain/instrument.ts';
import { underlyingOf } from '../../engine/domain/underlying.ts';
import {
  amountCents,
  dollarsFromPrice,
  MICROS_PER_SECOND,
  price,
} from '../../engine/domain/units.ts';
import type { PositionLeg, StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import { sliceOf, spotOf, viewOf } from '../desk-context.ts';
import type { PinView } from '../engine-api-exits.ts';
import { hasRunOut, isExDividendEve } from '../exits/ex-dividend.ts';
import { lastOrderAt } from './broker-rules.ts';
import { soundSpot } from './closing-price.ts';
import { tellOnce } from './told-once.ts';

/** What is told of a position's short, by the keys under which it was told with its subject: for pins also
 * whether the strike is near or passed. */
const PIN = { code: 'PIN_RISK', key: 'pin ' };
const DIVIDEND = { code: 'EX_DIVIDEND_CALL', key: 'dividend ' };

/** A strike is told of when the price is this near to it, or beyond it. */
const NEAR_DEVIATIONS = 1;
const NEAR_DOLLARS = 0.5;

interface ShortLeg {
  readonly contract: OptionContract;
  readonly leg: PositionLeg;
}

/** Shorts of this underlying that are assigned into shares, but for those that have expired. */
function shortsOf({ day, spec }: DeskContext, { legs }: StructurePosition): readonly ShortLeg[] {
  if (spec.settlement === 'cash') return [];
  return legs.flatMap((leg) => {
    const { instrument, quantity } = leg;
    if (instrument.kind !== 'option' || quantity >= 0) return [];
    const isWatched = isOfUnderlying(instrument, spec) && instrument.expiry >= day.session.date;
    return isWatched ? [{ contract: instrument, leg }] : [];
  });
}

/** One standard deviation of the price until expiry, in dollars; undefined where no volatility is
 * known. */
function remainingDeviation(
  desk: DeskContext,
  contract: OptionContract,
  spot: number,
): number | undefined {
  const vol = viewOf(desk, contract)?.impliedVol ?? sliceOf(desk)?.atmVol;
  const years = sliceOf(desk)?.yearsToExpiry ?? 0;
  return vol === undefined || years <= 0 ? undefined : spot * vol * Math.sqrt(years);
}

function pinOf(desk: DeskContext, { contract, leg }: ShortLeg, spot: number): PinView {
  const { day, at } = desk;
  const { right, strike } = contract;
  const dollars = dollarsFromPrice(price(Math.round(spot)));
  const away =
    right === 'call' ? dollarsFromPrice(strike) - dollars : dollars - dollarsFromPrice(strike);
  const deviation = remainingDeviation(desk, contract, dollars);
  const contracts = Math.abs(leg.quantity);
  const sign = right === 'call' ? -1 : 1;
  const { exDividendDates } = exitSettingsOf(desk.config);
  return {
    symbol: instrumentSymbol(contract),
    right,
    strike: dollarsFromPrice(strike),
    distance: Math.round(away * 100) / 100,
    distanceInDeviations:
      deviation === undefined ? null : Math.round((away / deviation) * 100) / 100,
    inTheMoney: away < 0,
    sharesIfAssigned: sign * contracts * multiplierOf(contract),
    assignmentCents: amountCents(strike, -sign * contracts, multiplierOf(contract)),
    secondsToCutoff: Math.max(0, Math.round((lastOrderAt(desk) - at.market) / MICROS_PER_SECOND)),
    exDividend: right === 'call' && isExDividendEve(day.session.date, exDividendDates),
  };
}

/** The short strikes of a position from the last hour on, 15:00 of a full day; before that, and while the price
 * of the underlying is not known, none. */
export function pinRisks(desk: DeskContext, position: StructurePosition): readonly PinView[] {
  return pinsAt(desk, position, spotOf(desk));
}

function pinsAt(
  desk: DeskContext,
  position: StructurePosition,
  spot: number | undefined,
): readonly PinView[] {
  const { day, at } = desk;
  if (!day.chainOpen || spot === undefined || at.market < day.schedule.lastHourFrom) return [];
  return shortsOf(desk, position).map((short) => pinOf(desk, short, spot));
}

function isNear({ distance, distanceInDeviations }: PinView): boolean {
  if (distance <= NEAR_DOLLARS) return true;
  return distanceInDeviations !== null && distanceInDeviations <= NEAR_DEVIATIONS;
}

function pinText(positionId: string, pin: PinView): string {
  const where = pin.inTheMoney ? 'in the money' : 'out of the money';
  const away = `$${Math.abs(pin.distance).toFixed(2)} ${where}`;
  const deviations =
    pin.distanceInDeviations === null ? '' : ` (${pin.distanceInDeviations} standard deviations)`;
  const worth = (Math.abs(pin.assignmentCents) / 100).toFixed(0);
  return (
    `${positionId}: short ${pin.strike} ${pin.right} is ${away}${deviations}; assignment brings ` +
    `${pin.sharesIfAssigned} shares for $${worth}; ${pin.secondsToCutoff} s to the broker's cut-off`
  );
}

/** What threatens which short strike now, in plain words. */
export function pinWarnings(desk: DeskContext): readonly string[] {
  return desk.book.structures().flatMap((position) =>
    pinRisks(desk, position)
      .filter(isNear)
      .map((pin) => pinText(position.positionId, pin)),
  );
}

/** Short calls in the money on the eve of an ex-dividend day are exercised for the dividend. */
function watchDividend(desk: DeskContext, position: StructurePosition, spot: number): void {
  const { positionId } = position;
  for (const { contract } of shortsOf(desk, position)) {
    if (contract.right !== 'call' || spot <= contract.strike) continue;
    const strike = dollarsFromPrice(contract.strike);
    const text = `${positionId}: short ${strike} call is in the money on the eve of the ex-dividend day; it is closed half an hour before the mark`;
    const subject = `${positionId} ${instrumentSymbol(contract)}`;
    tellOnce(desk, DIVIDEND.key + subject, () =>
      desk.out.alert('critical', DIVIDEND.code, text, subject),
    );
  }
}

/** A strike that is passed is an incident of its own: somebody has to act, whatever was told of it while it
 * was only near. */
function tellPin(desk: DeskContext, positionId: string, pin: PinView): void {
  const { symbol, inTheMoney } = pin;
  const severity = inTheMoney ? 'critical' : 'warning';
  const subject = `${positionId} ${symbol} ${inTheMoney ? 'passed' : 'near'}`;
  tellOnce(desk, PIN.key + subject, () => {
    desk.out.alert(severity, PIN.code, pinText(positionId, pin), subject);
  });
}

/** Ends the incidents of shorts that are gone. */
function settlePins({ book, day, out }: DeskContext): void {
  for (const told of day.toldOnce) {
    const incident = [PIN, DIVIDEND].find(({ key }) => told.startsWith(key));
    if (incident === undefined) continue;
    const subject = told.slice(incident.key.length);
    const [positionId = ''] = subject.split(' ', 1);
    const isShort = ({ instrument, quantity }: PositionLeg): boolean =>
      quantity < 0 && subject.includes(instrumentSymbol(instrument));
    if (book.structure(positionId)?.legs.some(isShort) === true) continue;
    day.toldOnce.delete(told);
    out.settle('resolve', incident.code, `${positionId} is short of it no more`, subject);
  }
}

/** True where the days of the fund that is traded have run out, or were never known. SPY's come with the
 * build: where it has none, nothing was set. */
function isWithoutDates({ config, day }: DeskContext): boolean {
  const { exDividendDates } = exitSettingsOf(config);
  const { symbol, exercise } = underlyingOf(config.underlying);
  const isUnset = symbol === 'SPY' && exDividendDates.length === 0;
  return exercise === 'american' && !isUnset && hasRunOut(day.session.date, exDividendDates);
}

/** Tells what the last hour and the next dividend mean for what is short, by a market of the underlying that is
 * to be trusted: each is told once, and a mistaken quote would use that up. Called on the clock. */
export function watchPins(desk: DeskContext): void {
  const { day, book, out } = desk;
  settlePins(desk);
  const spot = soundSpot(desk);
  if (!day.chainOpen || spot === undefined) return;
  const { exDividendDates } = exitSettingsOf(desk.config);
  const isEve = isExDividendEve(day.session.date, exDividendDates);
  if (isWithoutDates(desk)) {
    const { underlying } = desk.config;
    const text = `no ex-dividend day of ${underlying} from today on is known, so that no short call is left on the eve of one; name a file with further ones in EX_DIVIDENDS`;
    tellOnce(desk, `dates ${day.session.date}`, () =>
      out.alert('warning', 'EX_DIVIDENDS_RUN_OUT', text),
    );
  }
  for (const position of book.structures()) {
    if (isEve) watchDividend(desk, position, spot);
    for (const pin of pinsAt(desk, position, spot)) {
      if (isNear(pin)) tellPin(desk, position.positionId, pin);
    }
  }
}
