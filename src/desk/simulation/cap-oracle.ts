/** The hard limits, held against every opening with arithmetic of its own. */

import type { BrokerEvent, Settlement } from '../../broker/order-gateway.ts';
import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import type { Instrument } from '../../engine/domain/instrument.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { ExitPlan, Fill, OrderIntent } from '../../engine/domain/order.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import type { Limits } from '../../risk/limits.ts';
import type { HeldQuantity } from './expiry-payoff.ts';
import { contractsOf, leastPayoffCents } from './expiry-payoff.ts';
import { OpenedPlans } from './opened-plans.ts';
import type { Report } from './order-oracle.ts';

interface Lot {
  readonly instrument: Instrument;
  quantity: number;
  /** Signed cash of what is open, per share in 1/10,000 dollar times quantity. */
  openCash: number;
}

type Lots = Map<string, Lot>;

interface LiveOpening {
  readonly intent: OrderIntent;
  /** Contracts, over all legs. */
  filled: number;
}

/** An option's price per share in 1/10,000 dollar is its price in cents a contract. */
function addFill(lots: Lots, { instrument, action, quantity, price }: Fill): void {
  const symbol = instrumentSymbol(instrument);
  const lot = lots.get(symbol) ?? { instrument, quantity: 0, openCash: 0 };
  const signed = legSign(action) * quantity;
  const isReducing = Math.sign(signed) === -Math.sign(lot.quantity);
  if (isReducing) lot.openCash *= Math.max(0, 1 - quantity / Math.abs(lot.quantity));
  else lot.openCash -= signed * price;
  lot.quantity += signed;
  if (lot.quantity === 0) lots.delete(symbol);
  else lots.set(symbol, lot);
}

/** Puts one lot to another of its contract, as if the smaller had closed its part of the larger. */
function addLot(lots: Lots, added: Lot): void {
  const symbol = instrumentSymbol(added.instrument);
  const lot = lots.get(symbol);
  if (lot === undefined) {
    lots.set(symbol, added);
    return;
  }
  const quantity = lot.quantity + added.quantity;
  const isNetted = Math.sign(lot.quantity) === -Math.sign(added.quantity);
  const larger = Math.abs(lot.quantity) > Math.abs(added.quantity) ? lot : added;
  const openCash = isNetted
    ? (larger.openCash * quantity) / larger.quantity
    : lot.openCash + added.openCash;
  if (quantity === 0) lots.delete(symbol);
  else lots.set(symbol, { ...lot, quantity, openCash });
}

type SideStop = ExitPlan['sideStop'];

/** What buying both sides back at their stops loses, in cents, the second one no dearer than what the
 * first leaves of the credit where its stop stands there; no loss unless both are short something. */
function lossOfSides(held: readonly HeldQuantity[], cash: number, sideStop: SideStop): number {
  if (sideStop === undefined) return 0;
  const short = { call: 0, put: 0 };
  for (const { instrument, quantity } of held) {
    if (instrument.kind === 'option') short[instrument.right] += Math.max(0, -quantity);
  }
  if (short.call === 0 || short.put === 0) return 0;
  const [first, second] = [short.call * sideStop.debit, short.put * sideStop.debit];
  const isEven = sideStop.afterOther === 'breakeven';
  const cost = isEven ? Math.max(first, second, Math.min(first + second, cash)) : first + second;
  return cost - cash;
}

/** The worse of the worst end and of both sides stopped, fees left out, in cents. */
function worstOf(held: readonly HeldQuantity[], cash: number, sideStop: SideStop): number {
  return Math.max(0, -leastPayoffCents(held) - cash, lossOfSides(held, cash, sideStop));
}

function worstOfLots(lots: Lots, sideStop: SideStop): number {
  const held = [...lots.values()].filter(({ instrument }) => instrument.kind === 'option');
  const cash = held.reduce((sum, lot) => sum + lot.openCash, 0);
  return worstOf(held, cash, sideStop);
}

/** The worst of a whole opening at its worst price. */
function worstOfIntent({ legs, quantity, worst, exitPlan }: OrderIntent): number {
  const held = legs.map(({ instrument, action, ratio }) => ({
    instrument,
    quantity: legSign(action) * ratio * quantity,
  }));
  return worstOf(held, worst * quantity, exitPlan?.sideStop);
}

/** Where the book keeps what no order of the engine opened. */
function foreignPosition(symbol: string): string {
  return `external-${symbol.replaceAll(' ', '')}`;
}

function isProvenAbsent(body: AuditBody): body is Extract<AuditBody, { kind: 'orderResolved' }> {
  return body.kind === 'orderResolved' && body.outcome === 'absentPresumed';
}

export class CapOracle {
  readonly #limits: Limits;
  readonly #report: Report;
  #positions = new Map<string, Lots>();
  /** Shares that settlements brought and closes took, by symbol: they hang on no order. */
  #shares = new Map<string, number>();
  #live = new Map<string, LiveOpening>();
  #seenFills = new Set<string>();
  /** Contracts by symbol that foreign orders closed while nothing of them was held. */
  #early = new Map<string, number>();
  readonly #positionOf = new Map<string, string>();
  /** Positions of which others closed some: which of them it was the desk may say. They count as one, by the
   * first of them. */
  readonly #sharedWith = new Map<string, string>();
  readonly #plans = new OpenedPlans();

  constructor(limits: Limits, report: Report) {
    this.#limits = limits;
    this.#report = report;
  }

  onRecord({ body }: AuditRecord): void {
    if (body.kind === 'sendBlocked' || isProvenAbsent(body)) this.#live.delete(body.intentId);
    if (body.kind === 'repriced') this.#onBetter(body);
    if (body.kind !== 'intentRecorded') return;
    const { purpose } = body.intent;
    if (purpose !== 'open' && purpose !== 'protective') this.#judgeClose(body.intent);
    if (purpose !== 'open') return;
    this.#judge(body.intent);
    this.#live.set(body.intent.intentId, { intent: body.intent, filled: 0 });
  }

  /** A better limit at the confirm brings a plan of its own, and stops that stand further away. */
  #onBetter(better: Extract<AuditBody, { kind: 'repriced' }>): void {
    const { intentId, exitPlan } = better;
    const live = this.#live.get(intentId);
    if (live === undefined || exitPlan === undefined) return;
    this.#live.delete(intentId);
    const intent = { ...live.intent, exitPlan };
    this.#plans.onBetter(better);
    this.#judge(intent);
    this.#live.set(intentId, { ...live, intent });
  }

  #judge(intent: OrderIntent): void {
    const { maxOrderContracts, maxTradeLossCents, maxOpenRiskCents } = this.#limits;
    const contracts = intent.quantity * Math.max(...intent.legs.map((leg) => leg.ratio));
    const { intentId } = intent;
    if (contracts > maxOrderContracts)
      this.#report(`${intentId} trades ${contracts} contracts a leg`);
    const worst = worstOfIntent(intent);
    if (worst > maxTradeLossCents) this.#report(`${intentId} can lose ${worst} cents`);
    const open = this.#openRisk() + worst;
    if (open > maxOpenRiskCents) this.#report(`${intentId} takes open risk to ${open} cents`);
  }

  /** A close takes only what is held, and leaves no more to lose: no long goes before the short that it
   * covers. */
  #judgeClose({ intentId, positionId, legs, quantity }: OrderIntent): void {
    if (this.#sharedWith.has(positionId)) return;
    const lots = this.#positions.get(positionId) ?? new Map<string, Lot>();
    const taken = new Map(
      legs.map(({ instrument, action, ratio }) => {
        return [instrumentSymbol(instrument), legSign(action) * ratio * quantity];
      }),
    );
    const left = [...lots].map(([symbol, { instrument, quantity: held }]) => {
      return { instrument, quantity: held + (taken.get(symbol) ?? 0), held };
    });
    const isHeld = [...taken].every(([symbol, quantity]) => {
      const shares = this.#shares.get(symbol) ?? 0;
      return (
        lots.has(symbol) || Math.abs(shares + quantity) + Math.abs(quantity) === Math.abs(shares)
      );
    });
    if (!isHeld || left.some((lot) => lot.quantity * Math.sign(lot.held) < 0)) {
      this.#report(`${intentId} closes more of ${positionId} than is held`);
    }
    const options = left.filter(({ instrument }) => instrument.kind === 'option');
    const before = leastPayoffCents(options.map((lot) => ({ ...lot, quantity: lot.held })));
    if (leastPayoffCents(options) < Math.min(0, before)) {
      this.#report(`${intentId} leaves more of ${positionId} to lose than there was`);
    }
  }

  /** What is held, and of live openings what may still fill, at its worst. */
  #openRisk(): number {
    let risk = 0;
    for (const [positionId, lots] of this.#positions) {
      risk += worstOfLots(lots, this.#sideStopOf(positionId));
    }
    for (const { intent, filled } of this.#live.values()) {
      risk += worstOfIntent(intent) * (1 - filled / contractsOf(intent));
    }
    return risk;
  }

  /** By what was really received; positions that count as one have none. */
  #sideStopOf(positionId: string): SideStop {
    if (this.#sharedWith.has(positionId)) return undefined;
    return this.#plans.planOf(positionId)?.sideStop;
  }

  onEvent(event: BrokerEvent): void {
    if (event.kind === 'busted') this.#plans.onBust(event.intentId, event.fillId);
    if (event.kind === 'rejected' || event.kind === 'cancelled' || event.kind === 'expired') {
      this.#live.delete(event.intentId);
    } else if (event.kind === 'fill') this.#onFill(event.fill);
    else if (event.kind === 'settlement') {
      this.#onSettlement(event.settlement);
    }
  }

  #onSettlement({ settlementId, instrument, shares }: Settlement): void {
    const symbol = instrumentSymbol(instrument);
    for (const lots of this.#positions.values()) lots.delete(symbol);
    if (this.#seenFills.has(settlementId)) return;
    this.#seenFills.add(settlementId);
    if (instrument.kind === 'option') this.#moveShares(instrument.root, shares);
  }

  #moveShares(symbol: string, change: number): void {
    this.#shares.set(symbol, (this.#shares.get(symbol) ?? 0) + change);
  }

  #onFill(fill: Fill): void {
    if (this.#seenFills.has(fill.fillId)) return;
    this.#seenFills.add(fill.fillId);
    this.#plans.onFill(fill);
    const { instrument, action, quantity } = fill;
    if (instrument.kind === 'shares') {
      this.#moveShares(instrument.symbol, legSign(action) * quantity);
      return;
    }
    const known = this.#positionOf.get(fill.intentId);
    if (known === undefined) this.#onForeign(fill);
    else this.#addTo(known, { ...fill, quantity: quantity - this.#takeFromEarly(fill) });
    const live = this.#live.get(fill.intentId);
    if (live === undefined) return;
    live.filled += fill.quantity;
    if (live.filled >= contractsOf(live.intent)) this.#live.delete(fill.intentId);
  }

  #onForeign(fill: Fill): void {
    const left = this.#takeFromHeld(fill);
    if (left === 0) return;
    const symbol = instrumentSymbol(fill.instrument);
    this.#addTo(foreignPosition(symbol), { ...fill, quantity: left });
    if (!isOpening(fill.action)) this.#early.set(symbol, (this.#early.get(symbol) ?? 0) + left);
  }

  /** What a foreign order closed before its opening was told is not held. Returns how much that is. */
  #takeFromEarly(fill: Fill): number {
    const symbol = instrumentSymbol(fill.instrument);
    const externalId = foreignPosition(symbol);
    const signed = this.#positions.get(externalId)?.get(symbol)?.quantity ?? 0;
    const isClosed = isOpening(fill.action) && Math.sign(signed) === -legSign(fill.action);
    if (!isClosed) return 0;
    const early = this.#early.get(symbol) ?? 0;
    const taken = Math.min(early, Math.abs(signed), fill.quantity);
    if (taken === 0) return 0;
    this.#early.set(symbol, early - taken);
    this.#addTo(externalId, { ...fill, quantity: taken });
    return taken;
  }

  /** An execution of an order that is not the engine's, as when the broker liquidates a leg, closes what
   * is held of it first. Returns what that leaves. */
  #takeFromHeld(fill: Fill): number {
    const sign = legSign(fill.action);
    const symbol = instrumentSymbol(fill.instrument);
    let left = fill.quantity;
    this.#share(symbol, { sign: -sign, taken: left });
    for (const [positionId, lots] of this.#positions) {
      const held = lots.get(symbol)?.quantity ?? 0;
      if (left === 0 || Math.sign(held) !== -sign) continue;
      const taken = Math.min(left, Math.abs(held));
      this.#addTo(positionId, { ...fill, quantity: taken });
      left -= taken;
    }
    return left;
  }

  /** Makes one of the positions that hold a contract of which less is taken than they hold together. */
  #share(symbol: string, { sign, taken }: { readonly sign: number; readonly taken: number }): void {
    const holders = [...this.#positions].flatMap(([positionId, lots]) => {
      const held = lots.get(symbol)?.quantity ?? 0;
      return Math.sign(held) === sign ? [{ positionId, lots, held: Math.abs(held) }] : [];
    });
    const [first, ...others] = holders;
    const held = holders.reduce((sum, holder) => sum + holder.held, 0);
    if (first === undefined || others.length === 0 || held <= taken) return;
    this.#sharedWith.set(first.positionId, first.positionId);
    for (const { positionId, lots } of others) {
      for (const lot of lots.values()) addLot(first.lots, lot);
      this.#positions.delete(positionId);
      this.#sharedWith.set(positionId, first.positionId);
    }
  }

  #placeOf(positionId: string): string {
    const place = this.#sharedWith.get(positionId) ?? positionId;
    return place === positionId ? place : this.#placeOf(place);
  }

  #addTo(of: string, fill: Fill): void {
    if (fill.quantity === 0) return;
    const positionId = this.#placeOf(of);
    const lots: Lots = this.#positions.get(positionId) ?? new Map<string, Lot>();
    this.#positions.set(positionId, lots);
    addFill(lots, fill);
    if (lots.size === 0) this.#positions.delete(positionId);
  }

  /** Which position an order belongs to; told for every recorded intent. */
  onIntent(intent: OrderIntent): void {
    this.#positionOf.set(intent.intentId, intent.positionId);
    this.#plans.onIntent(intent);
  }

  /** Begins again from what the journal kept. Openings that have not ended work on, or may: all of them, or
   * what a broker of the engine's own process `remembers`. */
  onCrash(
    records: readonly AuditRecord[],
    events: readonly BrokerEvent[],
    remembers?: ReadonlySet<string>,
  ): void {
    this.#positions = new Map();
    this.#shares = new Map();
    this.#live = new Map();
    this.#seenFills = new Set();
    this.#early = new Map();
    this.#sharedWith.clear();
    this.#positionOf.clear();
    this.#plans.clear();
    for (const { body } of records) this.#recall(body);
    for (const event of events) this.onEvent(event);
    for (const intentId of this.#live.keys()) {
      if (remembers?.has(intentId) === false) this.#live.delete(intentId);
    }
  }

  #recall(body: AuditBody): void {
    if (body.kind === 'sendBlocked' || isProvenAbsent(body)) this.#live.delete(body.intentId);
    if (body.kind === 'intentRecorded') {
      const { intent } = body;
      this.onIntent(intent);
      if (intent.purpose === 'open') this.#live.set(intent.intentId, { intent, filled: 0 });
    }
    if (body.kind !== 'repriced' || body.exitPlan === undefined) return;
    const live = this.#live.get(body.intentId);
    if (live === undefined) return;
    const intent = { ...live.intent, exitPlan: body.exitPlan };
    this.#plans.onBetter(body);
    this.#live.set(body.intentId, { ...live, intent });
  }
}
