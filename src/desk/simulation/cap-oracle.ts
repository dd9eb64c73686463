/** The hard limits, held against every opening with arithmetic of its own. */

import type { BrokerEvent, Settlement } from '../../broker/order-gateway.ts';
import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { LimitRaise } from '../../engine/domain/limit-raise.ts';
import type { ExitPlan, Fill, OrderIntent } from '../../engine/domain/order.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { Limits } from '../../risk/limits.ts';
import type { Input } from '../inputs.ts';
import { CountCaps } from './count-caps.ts';
import { DeltaCap } from './delta-cap.ts';
import { EarlyCloses } from './early-closes.ts';
import type { HeldQuantity } from './expiry-payoff.ts';
import { heldBy, leastPayoffCents } from './expiry-payoff.ts';
import type { BrokerKind } from './far-broker.ts';
import { HeardQuotes } from './heard-quotes.ts';
import type { Lot, Lots } from './held-lots.ts';
import { addFill, addLot, closedOf } from './held-lots.ts';
import { limitsAt } from './limits-at.ts';
import { LiveOrders, shareLeft } from './live-orders.ts';
import { OpenedPlans } from './opened-plans.ts';
import type { Report } from './order-oracle.ts';

type SideStop = ExitPlan['sideStop'];

/** What buying both sides back at their stops loses, in cents; no loss unless both are short something. */
function lossOfSides(held: readonly HeldQuantity[], cash: number, sideStop: SideStop): number {
  if (sideStop === undefined) return 0;
  const short = { call: 0, put: 0 };
  for (const { instrument, quantity } of held) {
    if (instrument.kind === 'option') short[instrument.right] += Math.max(0, -quantity);
  }
  if (short.call === 0 || short.put === 0) return 0;
  return (short.call + short.put) * sideStop.debit - cash;
}

/** The worse of the worst end, which fees make worse, and of both sides stopped, in cents. */
function worstOf(
  held: readonly HeldQuantity[],
  cash: number,
  sideStop: SideStop,
  fees = 0,
): number {
  const atExpiry = -leastPayoffCents(held) - cash + fees;
  return Math.max(0, atExpiry, lossOfSides(held, cash, sideStop));
}

function worstOfLots(lots: Lots, sideStop: SideStop): number {
  const held = [...lots.values()].filter(({ instrument }) => instrument.kind === 'option');
  const cash = held.reduce((sum, lot) => sum + lot.openCash, 0);
  return worstOf(held, cash, sideStop);
}

/** The worst of a whole opening at its worst price. */
export function worstOfIntent({ legs, quantity, worst, exitPlan }: OrderIntent, fees = 0): number {
  return worstOf(heldBy(legs, quantity), worst * quantity, exitPlan?.sideStop, fees);
}

/** What brokers take at least for a contract of an opening, in cents: their commission, up to a leg's most of
 * it, and clearing. */
const LEAST_FEES = { commission: 100, commissionOfLeg: 1_000, clearing: 10 };
const ALPACA_LEAST_FEES = { commission: 0, commissionOfLeg: 0, clearing: 2 };

function leastFees(broker: BrokerKind, { legs, quantity }: OrderIntent): number {
  const least = broker === 'alpaca' ? ALPACA_LEAST_FEES : LEAST_FEES;
  return legs.reduce((sum, { ratio }) => {
    const contracts = ratio * quantity;
    const commission = Math.min(least.commission * contracts, least.commissionOfLeg);
    return sum + commission + least.clearing * contracts;
  }, 0);
}

/** Where the book keeps what no order of the engine opened. */
function foreignPosition(symbol: string): string {
  return `external-${symbol.replaceAll(' ', '')}`;
}

/** What the limits of a session are held against besides. */
export interface CapDay {
  readonly lastTrade: EpochMicros;
  readonly broker: BrokerKind | undefined;
  /** Of the limits, each until its end. */
  readonly raises?: readonly LimitRaise[];
}

export class CapOracle {
  readonly #limits: Limits;
  readonly #raises: readonly LimitRaise[];
  readonly #report: Report;
  #positions = new Map<string, Lots>();
  /** Shares that settlements brought and closes took, by symbol: they hang on no order. */
  #shares = new Map<string, number>();
  readonly #live = new LiveOrders();
  readonly #counts = new CountCaps();
  readonly #quotes = new HeardQuotes();
  readonly #deltas: DeltaCap;
  readonly #broker: BrokerKind;
  /** Of the record that is heard now. */
  #wall = 0;
  #seenFills = new Set<string>();
  readonly #early = new EarlyCloses();
  readonly #positionOf = new Map<string, string>();
  /** Positions of which others closed some: which of them it was the desk may say. They count as one, by the
   * first of them. */
  readonly #sharedWith = new Map<string, string>();
  readonly #plans = new OpenedPlans();

  constructor(
    limits: Limits,
    { lastTrade, broker = 'paper', raises = [] }: CapDay,
    report: Report,
  ) {
    this.#limits = limits;
    this.#raises = raises;
    this.#deltas = new DeltaCap(this.#quotes, lastTrade);
    this.#broker = broker;
    this.#report = report;
  }

  onInput(input: Input): void {
    this.#quotes.onInput(input);
    this.#counts.hear(input.at.wall);
  }

  onRecord({ body, at }: AuditRecord): void {
    this.#wall = at.wall;
    this.#counts.hear(at.wall);
    if (body.kind === 'intentRecorded') {
      const { intent } = body;
      const { purpose } = intent;
      if (purpose !== 'open' && purpose !== 'protective') this.#judgeClose(intent);
      if (purpose === 'open') {
        this.#judge(intent);
        this.#judgeBeside(intent, at);
      }
      this.#counts.onIntent(intent, at.wall);
    }
    this.#live.onRecord(body);
    if (body.kind === 'repriced') this.#onBetter(body);
  }

  /** A better limit at the confirm brings a plan of its own, and stops that stand further away. */
  #onBetter(better: Extract<AuditBody, { kind: 'repriced' }>): void {
    const intent = this.#live.intentOf(better.intentId);
    if (intent?.purpose !== 'open' || better.exitPlan === undefined) return;
    this.#plans.onBetter(better);
    this.#judge(intent);
  }

  /** What is held and what works speaks against it by count or by delta. */
  #judgeBeside(intent: OrderIntent, at: At): void {
    const limits = limitsAt(this.#limits, this.#raises, at.wall);
    const beside = { limits, held: this.#positions, live: this.#live.all() };
    const faults = [
      ...this.#counts.faultsOf(intent, at, beside),
      ...this.#deltas.faultsOf(intent, at, beside),
    ];
    for (const fault of faults) this.#report(`${intent.intentId} ${fault}`);
  }

  #judge(intent: OrderIntent): void {
    const { maxOrderContracts, maxTradeLossCents, maxOpenRiskCents, maxOpenOrdersRiskCents } =
      limitsAt(this.#limits, this.#raises, this.#wall);
    const contracts = intent.quantity * Math.max(...intent.legs.map((leg) => leg.ratio));
    const { intentId } = intent;
    if (contracts > maxOrderContracts)
      this.#report(`${intentId} trades ${contracts} contracts a leg`);
    const worst = this.#worstOf(intent);
    if (worst > maxTradeLossCents) this.#report(`${intentId} can lose ${worst} cents`);
    const opening = this.#openingRisk(intentId) + worst;
    const open = this.#heldRisk() + opening;
    if (open > maxOpenRiskCents) this.#report(`${intentId} takes open risk to ${open} cents`);
    if (opening > maxOpenOrdersRiskCents) {
      this.#report(`${intentId} takes the risk of what opens to ${opening} cents`);
    }
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

  /** What is held, at its worst. */
  #heldRisk(): number {
    let risk = 0;
    for (const [positionId, lots] of this.#positions) {
      risk += worstOfLots(lots, this.#sideStopOf(positionId));
    }
    return risk;
  }

  /** By what was really received; positions that count as one have none. */
  #sideStopOf(positionId: string): SideStop {
    if (this.#sharedWith.has(positionId)) return undefined;
    return this.#plans.planOf(positionId)?.sideStop;
  }

  /** What of other openings may still fill, at its worst. */
  #openingRisk(intentId: string): number {
    const others = this.#live.openingsBut(intentId);
    return others.reduce((sum, live) => sum + this.#worstOf(live.intent) * shareLeft(live), 0);
  }

  /** The worst of a whole opening at its worst price, once its fees are paid. */
  #worstOf(intent: OrderIntent): number {
    return worstOfIntent(intent, leastFees(this.#broker, intent));
  }

  onEvent(event: BrokerEvent): void {
    this.#live.onEvent(event);
    if (event.kind === 'busted') this.#plans.onBust(event.intentId, event.fillId);
    if (event.kind === 'fill') this.#onFill(event.fill);
    else if (event.kind === 'settlement') {
      this.#onSettlement(event.settlement);
    }
  }

  #onSettlement({ settlementId, instrument, shares }: Settlement): void {
    const symbol = instrumentSymbol(instrument);
    for (const [positionId, lots] of this.#positions) {
      if (lots.delete(symbol)) this.#counts.onOthers(positionId);
    }
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
    this.#live.onFill(fill);
    if (known === undefined) {
      this.#onForeign(fill);
      return;
    }
    this.#counts.onFill(known, fill, this.#wall);
    if (isOpening(action)) {
      this.#addTo(known, { ...fill, quantity: quantity - this.#takeFromEarly(known, fill) });
      return;
    }
    // What is closed beyond what its position holds is netted with what others hold of the contract.
    const closed = closedOf(this.#positions.get(this.#placeOf(known)), fill);
    this.#addTo(known, { ...fill, quantity: closed });
    const left = this.#takeFromHeld({ ...fill, quantity: quantity - closed });
    this.#addTo(known, { ...fill, quantity: left });
  }

  #onForeign(fill: Fill): void {
    const left = this.#takeFromHeld(fill);
    if (left === 0) return;
    const symbol = instrumentSymbol(fill.instrument);
    this.#addTo(foreignPosition(symbol), { ...fill, quantity: left });
    if (!isOpening(fill.action)) this.#early.add({ ...fill, quantity: left });
  }

  /** What a foreign order closed before its opening was told is not held. Returns how much that is. */
  #takeFromEarly(positionId: string, fill: Fill): number {
    const symbol = instrumentSymbol(fill.instrument);
    const externalId = foreignPosition(symbol);
    const signed = this.#positions.get(externalId)?.get(symbol)?.quantity ?? 0;
    if (Math.sign(signed) !== -legSign(fill.action)) return 0;
    const parts = this.#early.take(symbol, Math.min(Math.abs(signed), fill.quantity));
    for (const part of parts) this.#counts.onEarly(positionId, part);
    const taken = parts.reduce((sum, { quantity }) => sum + quantity, 0);
    this.#addTo(externalId, { ...fill, quantity: taken });
    return taken;
  }

  /** An execution of an order that is not the engine's, as when the broker liquidates a leg, closes what
   * is held of it first. Returns what that leaves. */
  #takeFromHeld(fill: Fill): number {
    const sign = legSign(fill.action);
    const symbol = instrumentSymbol(fill.instrument);
    let left = fill.quantity;
    if (left === 0) return 0;
    this.#share(symbol, { sign: -sign, taken: left });
    for (const [positionId, lots] of this.#positions) {
      const held = lots.get(symbol)?.quantity ?? 0;
      if (left === 0 || Math.sign(held) !== -sign) continue;
      const taken = Math.min(left, Math.abs(held));
      this.#counts.onOthers(positionId);
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
      this.#counts.onJoined(first.positionId, positionId);
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
    this.#live.clear();
    this.#counts.clear();
    this.#quotes.clear();
    this.#wall = 0;
    this.#seenFills = new Set();
    this.#early.clear();
    this.#sharedWith.clear();
    this.#positionOf.clear();
    this.#plans.clear();
    for (const record of records) this.#recall(record);
    for (const event of events) this.onEvent(event);
    if (remembers !== undefined) this.#live.keepOnly(remembers);
  }

  #recall({ body, at }: AuditRecord): void {
    this.#counts.hear(at.wall);
    this.#live.onRecord(body);
    if (body.kind === 'intentRecorded') {
      this.#counts.onIntent(body.intent, at.wall);
      this.onIntent(body.intent);
    } else if (body.kind === 'repriced') this.#plans.onBetter(body);
  }
}
