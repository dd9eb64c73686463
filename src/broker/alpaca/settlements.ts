/** Exercise, assignment and expiry, as Alpaca books them among the activities of an account. */

import type { OptionContract } from '../../engine/domain/instrument.ts';
import { multiplierOf, parseOccSymbol } from '../../engine/domain/instrument.ts';
import { newYorkDate, sessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND, priceFromDollars } from '../../engine/domain/units.ts';
import { settlementFees } from '../fees.ts';
import { dateOfIntent } from '../intent-date.ts';
import type { Settlement } from '../order-gateway.ts';
import { ToldSettlements } from '../told-settlements.ts';
import { bodyOf } from '../wire-requests.ts';
import type { OrderHistory } from './order-lines.ts';
import type { AlpacaWorld } from './order-world.ts';
import { ask, tell } from './order-world.ts';
import type { Fields } from './wire-order.ts';
import { isFields, numberIn, parseJson, textIn } from './wire-order.ts';

type Booked = 'expired' | 'assigned' | 'exercised' | 'cash';

const KINDS: ReadonlyMap<string, Booked> = new Map([
  ['OPEXP', 'expired'],
  ['OPASN', 'assigned'],
  ['OPEXC', 'exercised'],
  ['OPCSH', 'cash'],
]);
const READ_EVERY_MICROS = 300 * MICROS_PER_SECOND;
const LOOK_BACK_MICROS = 7 * 86_400 * MICROS_PER_SECOND;
const PAGE = 100;

/** Core thread only. Each is told once, by the activity's own id; what was booked before this journal
 * began belongs to somebody else's positions. */
export class Settlements {
  readonly #world: AlpacaWorld;
  readonly #told: ToldSettlements;
  readonly #since: SessionDate;
  #dueAt: EpochMicros | undefined;

  constructor(world: AlpacaWorld, history: OrderHistory) {
    this.#world = world;
    this.#told = new ToldSettlements(history.brokerEvents);
    const [first] = history.intents;
    this.#since = (first && dateOfIntent(first.intentId)) ?? newYorkDate(world.at.market);
  }

  /** How many are remembered. */
  get size(): number {
    return this.#told.size;
  }

  hurry(): void {
    this.#dueAt = this.#world.at.wall;
  }

  onClock(): void {
    const { at } = this.#world;
    if (at.wall < (this.#dueAt ?? 0)) return;
    this.#dueAt = addMicros(at.wall, READ_EVERY_MICROS);
    this.#told.forgetOld(at.market);
    const lookBack = newYorkDate(addMicros(at.market, -LOOK_BACK_MICROS));
    const isNew = lookBack < this.#since;
    this.#read(isNew ? this.#since : lookBack, undefined);
  }

  /** `after` of Alpaca's is exclusive for days, so the list is asked for from a day earlier. */
  #read(from: SessionDate, token: string | undefined): void {
    const world = this.#world;
    const day = new Date(Date.parse(from) - 86_400_000).toISOString().slice(0, 10);
    const page = token === undefined ? '' : `&page_token=${encodeURIComponent(token)}`;
    const types = [...KINDS.keys()].join(',');
    const path = `/v2/account/activities?activity_types=${types}&after=${day}&direction=asc&page_size=${PAGE}${page}`;
    ask(world, { turn: 'read', method: 'GET', path }, (answer) => {
      const rows = parseJson(bodyOf(answer) ?? '');
      if (!Array.isArray(rows)) return;
      const last: unknown = rows.at(-1);
      for (const row of rows) if (isFields(row)) this.#take(row, from);
      const next = isFields(last) ? textIn(last, 'id') : undefined;
      if (rows.length >= PAGE && next !== undefined && next !== token) this.#read(from, next);
    });
  }

  #take(fields: Fields, from: SessionDate): void {
    const settlement = readSettlement(fields, this.#world.at.market);
    const date = textIn(fields, 'date') ?? '';
    if (settlement === undefined || date < from || !this.#told.isNews(settlement)) return;
    tell(this.#world, { kind: 'settlement', settlement });
  }
}

/** Reads one activity; undefined for one that settles no option, or took no contract. The quantity is what the
 * activity takes from the position: of a short contract it is positive. */
export function readSettlement(fields: Fields, now: EpochMicros): Settlement | undefined {
  const id = textIn(fields, 'id');
  const booked = KINDS.get(textIn(fields, 'activity_type') ?? '');
  const contract = parseOccSymbol(textIn(fields, 'symbol') ?? '');
  const taken = numberIn(fields, 'qty');
  if (id === undefined || booked === undefined || contract === undefined || taken === undefined) {
    return undefined;
  }
  if (Math.abs(taken) < 1) return undefined;
  const quantity = -taken;
  const outcome = booked === 'cash' ? (quantity > 0 ? 'exercised' : 'assigned') : booked;
  const inShares = booked === 'exercised' || booked === 'assigned';
  return {
    settlementId: id,
    outcome,
    instrument: contract,
    quantity,
    ...sharesOf(contract, inShares ? quantity : 0),
    ...(booked === 'cash' && cashOf(fields, contract, quantity)),
    feesCents: settlementFees('alpaca', outcome),
    marketAt: sessionTimes(contract.expiry)?.exerciseMark ?? now,
  };
}

/** Calls bring what puts deliver. */
function sharesOf(contract: OptionContract, quantity: number) {
  const direction = contract.right === 'call' ? 1 : -1;
  const shares = direction * quantity * multiplierOf(contract);
  return { shares: shares === 0 ? 0 : shares, sharePrice: contract.strike };
}

function cashOf(fields: Fields, contract: OptionContract, quantity: number) {
  const dollars = Math.abs(numberIn(fields, 'net_amount') ?? 0);
  const perShare = dollars / (Math.abs(quantity) * multiplierOf(contract));
  return { cashPerShare: priceFromDollars(perShare) };
}
