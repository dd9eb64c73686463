/** Trades as their records tell them: what one unit of what is left of a trade is, with arithmetic of its own. */
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol, multiplierOfLegs } from '../../engine/domain/instrument.ts';
import type { ExitPlan, Fill, OrderIntent, OrderLeg } from '../../engine/domain/order.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { brokerEventOf } from '../journal-summary.ts';
import { OpenedPlans } from './opened-plans.ts';

/** Of what a price of the whole is one. */
export interface WholeUnit {
  /** Undefined where fills have left that uneven, or turned it round. */
  readonly units: number | undefined;
  /** What leaving the gone part of one unit has cost. */
  readonly gone: number;
  /** What is held of them: a cover beyond them is left of others. */
  readonly legs: readonly Leg[];
}

type Leg = StructurePosition['legs'][number];

/** What an opening order brought, by its fills: net per share, contracts by symbol. */
interface Opened {
  net: number;
  /** When the last of them was, in market time. */
  at: number;
  readonly contracts: Map<string, number>;
}

/** One contract that was closed, and what that cost. */
interface Closed {
  readonly fillId: string;
  readonly intentId: string;
  readonly marketAt: number;
  readonly symbol: string;
  readonly debit: number;
}

const PRICE_PER_CENT = 100;

/** Units that so many contracts of each leg of an order make up; undefined where they are uneven. */
function unitsOf({ legs }: OrderIntent, held: ReadonlyMap<string, number>): number | undefined {
  const units = legs.map(({ instrument, ratio }) => {
    return Math.abs(held.get(instrumentSymbol(instrument)) ?? 0) / ratio;
  });
  const [first = 0] = units;
  const isEven = first > 0 && Number.isInteger(first);
  return isEven && units.every((other) => other === first) ? first : undefined;
}

/** True where more was closed than was held: what is held now is no unit of the trade. */
export function isTurned(opening: OrderIntent, held: readonly Leg[]): boolean {
  const signs = new Map(
    opening.legs.map(({ instrument, action }) => [instrumentSymbol(instrument), legSign(action)]),
  );
  return held.some(({ instrument, quantity }) => {
    return quantity * (signs.get(instrumentSymbol(instrument)) ?? 0) < 0;
  });
}

/** True unless a short of its right lies between it and the money. */
function isNoCover({ instrument, action }: OrderLeg, legs: readonly OrderLeg[]): boolean {
  if (instrument.kind !== 'option' || action !== 'buyToOpen') return true;
  const strikes = legs.flatMap(({ instrument: other, action: sold }) => {
    const isShort = other.kind === 'option' && sold === 'sellToOpen';
    return isShort && other.right === instrument.right ? [other.strike] : [];
  });
  return instrument.right === 'call'
    ? instrument.strike < Math.min(...strikes)
    : instrument.strike > Math.max(...strikes);
}

/** Units of which something is left: covers alone are none while anything else is. */
function unitsLeft({ legs }: OrderIntent, held: ReadonlyMap<string, number>): number {
  const most = (counted: readonly OrderLeg[]): number =>
    Math.max(
      0,
      ...counted.map(({ instrument, ratio }) => {
        return Math.ceil(Math.abs(held.get(instrumentSymbol(instrument)) ?? 0) / ratio);
      }),
    );
  return most(legs.filter((leg) => isNoCover(leg, legs))) || most(legs);
}

/** What is held of so many units. */
function legsIn({ legs: opened }: OrderIntent, units: number, held: readonly Leg[]): Leg[] {
  return held.map((leg) => {
    const symbol = instrumentSymbol(leg.instrument);
    const { ratio = 0 } = opened.find((each) => instrumentSymbol(each.instrument) === symbol) ?? {};
    const isBeyond = ratio > 0 && leg.quantity > ratio * units;
    return isBeyond ? { ...leg, quantity: ratio * units } : leg;
  });
}

/** The contracts of one more unit among what an order closed; none where it closed no more of a leg that no
 * unit goes without. */
function wholeUnitIn(
  { legs }: OrderIntent,
  needed: readonly OrderLeg[],
  closed: readonly Closed[],
): readonly Closed[] {
  const unit: Closed[] = [];
  for (const leg of legs) {
    const ofLeg = closed.filter(({ symbol }) => symbol === instrumentSymbol(leg.instrument));
    if (ofLeg.length < leg.ratio && needed.includes(leg)) return [];
    unit.push(...ofLeg.slice(0, leg.ratio));
  }
  return unit;
}

/** What was closed, oldest first by the market, without what single orders closed of whole units. Those may
 * go without their covers, but where covers are all that is left. */
function closedApart(
  opening: OrderIntent,
  held: ReadonlyMap<string, number>,
  closed: readonly Closed[],
): readonly Closed[] {
  const bare = opening.legs.filter((leg) => isNoCover(leg, opening.legs));
  const isBareLeft = bare.some(({ instrument }) => held.has(instrumentSymbol(instrument)));
  const needed = isBareLeft ? bare : opening.legs;
  const apart: Closed[] = [];
  for (const order of new Set(closed.map(({ intentId }) => intentId))) {
    let rest = closed.filter(({ intentId }) => intentId === order);
    rest.sort((one, other) => one.marketAt - other.marketAt);
    let unit = wholeUnitIn(opening, needed, rest);
    while (unit.length > 0) {
      for (const each of unit) rest = rest.toSpliced(rest.indexOf(each), 1);
      unit = wholeUnitIn(opening, needed, rest);
    }
    apart.push(...rest);
  }
  return apart.toSorted((one, other) => one.marketAt - other.marketAt);
}

export class WholeTrades {
  readonly #plans = new OpenedPlans();
  readonly #opened = new Map<string, Opened>();
  /** By its name, told once and more often; undefined once it is taken back. */
  readonly #fills = new Map<string, Fill | undefined>();
  readonly #positionOf = new Map<string, string>();
  /** By position, as they were told. */
  readonly #closed = new Map<string, Closed[]>();

  openingOf(positionId: string): OrderIntent | undefined {
    return this.#plans.openingOf(positionId);
  }

  /** How it is to be left, by what was really received or paid. */
  planOf(positionId: string): Partial<ExitPlan> {
    return this.#plans.planOf(positionId) ?? {};
  }

  /** What opening one unit brought, net per share; undefined where the opening did not fill evenly. */
  entryOf(positionId: string): number | undefined {
    const [opening, opened] = [this.openingOf(positionId), this.#opened.get(positionId)];
    if (opening === undefined || opened === undefined) return undefined;
    const units = unitsOf(opening, opened.contracts);
    return units === undefined ? undefined : opened.net / units;
  }

  /** When its opening traded last, in market time. */
  openedAtOf(positionId: string): number {
    return this.#opened.get(positionId)?.at ?? Number.POSITIVE_INFINITY;
  }

  onRecord(record: AuditRecord): void {
    const { body } = record;
    if (body.kind === 'intentRecorded') {
      const { intentId, positionId } = body.intent;
      this.#positionOf.set(intentId, positionId);
      this.#plans.onIntent(body.intent);
    }
    if (body.kind === 'repriced') this.#plans.onBetter(body);
    const event = body.kind === 'brokerEvent' ? brokerEventOf(record) : undefined;
    if (event?.kind === 'fill') this.#onFill(event.fill);
    if (event?.kind === 'busted') this.#onBust(event.intentId, event.fillId);
  }

  #onFill(fill: Fill): void {
    const { intentId, fillId, instrument, action, quantity, price, marketAt } = fill;
    if (this.#fills.has(fillId)) return;
    this.#fills.set(fillId, fill);
    this.#plans.onFill(fill);
    const positionId = this.#positionOf.get(intentId);
    if (positionId === undefined) return;
    if (isOpening(action)) {
      this.#open(positionId, fill, 1);
      return;
    }
    const symbol = instrumentSymbol(instrument);
    const one = { fillId, intentId, marketAt, symbol, debit: legSign(action) * price };
    const contracts = Array.from({ length: quantity }, () => one);
    this.#closed.set(positionId, [...(this.#closed.get(positionId) ?? []), ...contracts]);
  }

  /** `direction`: -1 takes it back. */
  #open(positionId: string, fill: Fill, direction: 1 | -1): void {
    const opened = this.#opened.get(positionId) ?? { net: 0, at: 0, contracts: new Map() };
    const symbol = instrumentSymbol(fill.instrument);
    const quantity = fill.quantity * direction;
    opened.at = Math.max(opened.at, fill.marketAt);
    opened.net -= legSign(fill.action) * fill.price * quantity;
    opened.contracts.set(symbol, (opened.contracts.get(symbol) ?? 0) + quantity);
    this.#opened.set(positionId, opened);
  }

  #onBust(intentId: string, fillId: string): void {
    this.#plans.onBust(intentId, fillId);
    const positionId = this.#positionOf.get(intentId) ?? '';
    const fill = this.#fills.get(fillId);
    if (fill === undefined) return;
    this.#fills.set(fillId, undefined);
    if (isOpening(fill.action)) this.#open(positionId, fill, -1);
    const left = this.#closed.get(positionId)?.filter((closed) => closed.fillId !== fillId);
    if (left !== undefined) this.#closed.set(positionId, left);
  }

  /** Units of which something is left, with what leaving the gone part of one has cost. */
  wholeOf(position: StructurePosition): WholeUnit {
    const { positionId, realizedCents, openCashCents } = position;
    const legs = position.legs.filter(({ quantity }) => quantity !== 0);
    const [opening, opened] = [this.openingOf(positionId), this.#opened.get(positionId)];
    if (opening === undefined || opened === undefined || isTurned(opening, legs)) {
      return { units: undefined, gone: 0, legs };
    }
    const held = new Map(legs.map((leg) => [instrumentSymbol(leg.instrument), leg.quantity]));
    const open = unitsOf(opening, held);
    if (open !== undefined) return { units: open, gone: 0, legs };
    const units = unitsOf(opening, opened.contracts);
    if (units === undefined) return { units, gone: 0, legs };
    const left = unitsLeft(opening, held);
    if (left < units) {
      return { ...this.#restOf(opening, { held, units, left }), legs: legsIn(opening, left, legs) };
    }
    const perCent = PRICE_PER_CENT / multiplierOfLegs(legs);
    const gone = (opened.net - (realizedCents + openCashCents) * perCent) / units;
    return { units, gone, legs };
  }

  /** Of each leg the contracts closed last are those that units which are left lack, but for what went with a
   * whole unit. Nothing is said where others closed some of them. */
  #restOf(
    opening: OrderIntent,
    of: { held: ReadonlyMap<string, number>; units: number; left: number },
  ): Omit<WholeUnit, 'legs'> {
    const { positionId, legs } = opening;
    const closed = this.#closed.get(positionId) ?? [];
    const apart = closedApart(opening, of.held, closed);
    let gone = 0;
    for (const { instrument, ratio } of legs) {
      const symbol = instrumentSymbol(instrument);
      const ofLeg = closed.filter((each) => each.symbol === symbol);
      const still = Math.abs(of.held.get(symbol) ?? 0);
      if (ofLeg.length !== ratio * of.units - still) return { units: undefined, gone: 0 };
      const lacks = Math.max(0, ratio * of.left - still);
      const newestFirst = apart.filter((each) => each.symbol === symbol).toReversed();
      for (const { debit } of newestFirst.slice(0, lacks)) gone += debit;
    }
    return { units: of.left, gone: gone / of.left };
  }

  clear(): void {
    this.#plans.clear();
    for (const known of [this.#opened, this.#fills, this.#positionOf, this.#closed]) {
      known.clear();
    }
  }
}
