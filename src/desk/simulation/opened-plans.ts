/**
 * How openings are to be left by their records: by the plan that was made for them and, where they brought less
 * than that was made from, by what they really brought. With arithmetic of its own.
 */
import type { AuditBody } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { ExitPlan, Fill, OrderIntent } from '../../engine/domain/order.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import { price } from '../../engine/domain/units.ts';
import { heldBy, leastPayoffCents } from './expiry-payoff.ts';

interface Opening {
  /** With the newest plan, and the limit that it was made from. */
  readonly intent: OrderIntent;
  readonly fills: readonly Fill[];
  /** Made from these when it is asked for. */
  plan: ExitPlan | undefined;
}

/** In 1/10,000 dollar: every option of the simulation trades in cents. */
const TICK = 100;
const BREAKEVEN = 0.9;
/** A stop by hand that nobody chose lies between these parts of the worst case away, and that of a whole condor no
 * further than the second. */
const NEAREST = 0.25;
const FURTHEST = 0.75;
/** A market so wide may break a stop. */
const WIDE = 5 * TICK;

function down(amount: number): number {
  return TICK * Math.floor(amount / TICK + 1e-6);
}

function up(amount: number): number {
  return 0 - down(0 - amount);
}

/** Net per share of one unit, each leg at its average; undefined before the first whole one. No broker fills an
 * opening at less than its worst price. */
function netOf({ intent, fills }: Opening): number | undefined {
  let net = 0;
  for (const leg of intent.legs) {
    const symbol = instrumentSymbol(leg.instrument);
    const ofLeg = fills.filter(({ instrument }) => instrumentSymbol(instrument) === symbol);
    const contracts = ofLeg.reduce((sum, { quantity }) => sum + quantity, 0);
    if (contracts < leg.ratio) return undefined;
    const paid = ofLeg.reduce((sum, fill) => sum + fill.quantity * fill.price, 0);
    net -= (legSign(leg.action) * leg.ratio * paid) / contracts;
  }
  return Math.max(Math.round(net), intent.worst);
}

/** A debit to close at, negative for a value. */
function debitOf({ kind, price: at }: { readonly kind: string; readonly price: number }): number {
  return kind.startsWith('debit') ? at : -at;
}

/** What one unit is worth at the least of all ends, or at the most; per share. */
function endOf({ legs }: OrderIntent, which: 'least' | 'most'): number {
  const sign = which === 'least' ? 1 : -1;
  return sign * leastPayoffCents(heldBy(legs, sign));
}

/** A price to close at as a plan says it. */
function asStop(debit: number): NonNullable<ExitPlan['stop']> {
  return debit > 0
    ? { kind: 'debitAtOrAbove', price: price(down(debit)) }
    : { kind: 'valueAtOrBelow', price: price(up(-debit)) };
}

function asTarget(debit: number): NonNullable<ExitPlan['target']> {
  return debit > 0
    ? { kind: 'debitAtOrBelow', price: price(down(debit)) }
    : { kind: 'valueAtOrAbove', price: price(up(-debit)) };
}

/** Of what is bought alone no stop is chosen: it can lose no more than is paid. */
function isPaid(intent: OrderIntent): boolean {
  return 0 - endOf(intent, 'least') <= TICK;
}

/** How far away the stop by hand is that is chosen for this net. */
function chosenLoss(intent: OrderIntent, net: number): number {
  const worst = 0 - endOf(intent, 'least') - net;
  return Math.min(Math.max(Math.abs(net), worst * NEAREST), worst * FURTHEST);
}

function handStop(intent: OrderIntent, stop: NonNullable<ExitPlan['stop']>, net: number) {
  const { limit } = intent;
  const chosen = asStop(limit + chosenLoss(intent, limit));
  const isChosen = !isPaid(intent) && chosen.price === stop.price;
  const loss = isChosen ? chosenLoss(intent, net) : debitOf(stop) - limit;
  return net + loss < debitOf(stop) ? asStop(net + loss) : stop;
}

function handTarget(intent: OrderIntent, target: NonNullable<ExitPlan['target']>, net: number) {
  const gain = intent.limit - debitOf(target);
  const best = endOf(intent, 'most') + net;
  const least = leastDebit(intent);
  if (gain >= best || best <= least) return target;
  return asTarget(Math.max(net - gain, net - best + least));
}

/** To buy back what was sold takes a tick each. */
function leastDebit({ legs }: OrderIntent): number {
  const sold = legs.filter(({ action }) => action === 'sellToOpen');
  return (
    TICK *
    Math.max(
      1,
      sold.reduce((sum, { ratio }) => sum + ratio, 0),
    )
  );
}

function stopOf(intent: OrderIntent, net: number): ExitPlan['stop'] {
  const { legs, strategy, exitPlan } = intent;
  const stop = exitPlan?.stop;
  if (stop === undefined) return undefined;
  if (strategy === 'place_order') return handStop(intent, stop, net);
  if (strategy === 'iron_condor_30_delta') {
    const credit = Math.max(TICK, down(net));
    const furthest = credit + FURTHEST * (0 - endOf(intent, 'least') - credit);
    return { ...stop, price: price(Math.min(stop.price, down(Math.min(2 * credit, furthest)))) };
  }
  const half = up(-net / 2);
  const isNear = -net - half <= WIDE * legs.length;
  return { ...stop, price: price(isNear ? stop.price : Math.max(stop.price, half)) };
}

function sideStopOf({ exitPlan }: OrderIntent, net: number): ExitPlan['sideStop'] {
  const sideStop = exitPlan?.sideStop;
  if (sideStop === undefined) return undefined;
  const credit = Math.max(TICK, down(net));
  const ofSide = sideStop.afterOther === undefined ? credit : down(credit * BREAKEVEN);
  return { ...sideStop, debit: price(Math.min(sideStop.debit, ofSide)) };
}

/** The same part of what was received or paid; by hand the same distance. */
function targetOf(intent: OrderIntent, net: number): ExitPlan['target'] {
  const { exitPlan, strategy, limit } = intent;
  const target = exitPlan?.target;
  if (target === undefined) return undefined;
  if (strategy === 'place_order') return handTarget(intent, target, net);
  const at = down((target.price * net) / limit);
  const isDebit = target.kind === 'debitAtOrBelow';
  return { ...target, price: price(isDebit ? Math.max(leastDebit(intent), at) : at) };
}

/** A trail begins no later than planned. */
function trailOf({ exitPlan, limit, strategy }: OrderIntent, net: number): ExitPlan['trail'] {
  const trail = exitPlan?.trail;
  if (trail === undefined || strategy === 'place_order') return trail;
  const afterGain = Math.min(trail.afterGain, up((trail.afterGain * net) / limit));
  return { ...trail, afterGain: price(afterGain) };
}

function planAsFilled(opening: Opening): ExitPlan | undefined {
  const { intent } = opening;
  const { exitPlan } = intent;
  const net = netOf(opening);
  if (exitPlan === undefined || net === undefined || net >= intent.limit) return exitPlan;
  const [stop, sideStop] = [stopOf(intent, net), sideStopOf(intent, net)];
  const [target, trail] = [targetOf(intent, net), trailOf(intent, net)];
  return {
    ...exitPlan,
    ...(stop && { stop }),
    ...(sideStop && { sideStop }),
    ...(target && { target }),
    ...(trail && { trail }),
  };
}

export class OpenedPlans {
  readonly #openings = new Map<string, Opening>();

  /** The opening of a position, as it was recorded and with the plan of the limit that it went out at. */
  openingOf(positionId: string): OrderIntent | undefined {
    return this.#openings.get(positionId)?.intent;
  }

  /** How a position is to be left, by what has filled of its opening. */
  planOf(positionId: string): ExitPlan | undefined {
    const opening = this.#openings.get(positionId);
    if (opening === undefined) return undefined;
    opening.plan ??= planAsFilled(opening);
    return opening.plan;
  }

  onIntent(intent: OrderIntent): void {
    if (intent.purpose === 'open') this.#set({ intent, fills: [] });
  }

  /** A better limit at the confirm brings a plan of its own. */
  onBetter({ intentId, limit, exitPlan }: Extract<AuditBody, { kind: 'repriced' }>): void {
    const opening = this.#openings.get(intentId);
    if (opening === undefined || exitPlan === undefined) return;
    this.#set({ ...opening, intent: { ...opening.intent, limit: price(limit), exitPlan } });
  }

  onFill(fill: Fill): void {
    const opening = this.#openings.get(fill.intentId);
    if (opening === undefined || !isOpening(fill.action)) return;
    const { fills } = opening;
    if (fills.every(({ fillId }) => fillId !== fill.fillId)) {
      this.#set({ ...opening, fills: [...fills, fill] });
    }
  }

  onBust(intentId: string, busted: string): void {
    const opening = this.#openings.get(intentId);
    if (opening === undefined) return;
    const fills = opening.fills.filter(({ fillId }) => fillId !== busted);
    this.#set({ ...opening, fills });
  }

  clear(): void {
    this.#openings.clear();
  }

  #set({ intent, fills }: Pick<Opening, 'intent' | 'fills'>): void {
    this.#openings.set(intent.positionId, { intent, fills, plan: undefined });
  }
}
