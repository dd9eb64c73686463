/**
 * What must be true of every order that reaches the broker, judged from what went into the desk and
 * what came out of it, never from the desk's own state.
 */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { HttpSend } from '../../broker/wire-requests.ts';
import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import { price } from '../../engine/domain/units.ts';
import { orderHash } from '../../risk/order-hash.ts';
import type { Input } from '../inputs.ts';
import { brokerEventOf } from '../journal-summary.ts';
import { contractsOf, heldBy, leastPayoffCents } from './expiry-payoff.ts';
import { PLAN } from './sheet-turns.ts';

type BodyOf<K extends AuditBody['kind']> = Extract<AuditBody, { readonly kind: K }>;

/** What the oracle asks of the world at the moment of a send. */
export interface SendWorld {
  isDurable(seq: number, at: At): boolean;
  /** True where the journal owes an answer for so long that its disk may be taken to hang. */
  mayHang(wall: number): boolean;
  isKilled(): boolean;
}

export type Report = (what: string) => void;

/** What an opening was judged by may be this old, micros, when it goes out. */
const OLDEST_JUDGEMENT = 2_000_000;

interface Recorded {
  readonly seq: number;
  readonly wall: number;
  readonly body: BodyOf<'intentRecorded'>;
}

/** Who confirmed a token and when, as it went in at the faces. */
interface Confirmed {
  readonly principal: string;
  readonly wall: number;
}

/** Principals whose word closes everything without a token. */
const CLOSES_WITHOUT_TOKEN: ReadonlySet<string> = new Set(['engine', 'console']);

/** True for the order as it was recorded, at whatever limit. */
function isButMoved(
  intent: OrderIntent,
  { intent: recorded, orderHash: hash }: Pick<BodyOf<'intentRecorded'>, 'intent' | 'orderHash'>,
): boolean {
  return orderHash({ ...intent, limit: recorded.limit }) === hash;
}

/** After these an order works no more. */
export const ENDS: ReadonlySet<BrokerEvent['kind']> = new Set(['rejected', 'cancelled', 'expired']);
/** Events that say what has become of an order. A search that found nothing yet is no such word. */
const ENDS_DOUBT: ReadonlySet<BrokerEvent['kind']> = new Set([
  ...ENDS,
  'accepted',
  'fill',
  'replaced',
  'reopened',
]);

export class OrderOracle {
  readonly #world: SendWorld;
  readonly #report: Report;
  readonly #submitted = new Set<string>();
  readonly #arrived = new Set<string>();
  readonly #confirmed = new Map<string, Confirmed[]>();
  /** Orders whose outcome the broker has left open, by intent, with their strategy. */
  readonly #unknown = new Map<string, string>();
  /** Executions seen with their contracts, none once they are taken back; contracts by intent, and intents that
   * have filled whole or ended otherwise. */
  readonly #fills = new Map<string, number>();
  readonly #filled = new Map<string, number>();
  readonly #ended = new Set<string>();
  /** The desk knows of the kill: its record says so. The kill word is a few milliseconds ahead. */
  #killTold = false;
  /** Records that moved a limit, the last of each intent. */
  readonly #moved = new Map<string, BodyOf<'repriced'>>();
  readonly #isReplacement = new Set<string>();
  /** The disk takes nothing any more, not even in the reserve, and the desk knows. */
  #hasNoReserve = false;
  /** Positions that the operator's own flattens took in and that are not all closed yet. */
  readonly #consoleFlattens = new Set<string>();
  /** Closing orders that went without a durable record: of such a flatten, in that state or while the disk
   * hung, and no others. */
  readonly #unkept = new Set<string>();
  #previews = new Map<string, BodyOf<'previewMade'>>();
  #intents = new Map<string, Recorded>();
  #tokenUses = new Map<string, { intentId: string; isFlatten: boolean }>();

  constructor(world: SendWorld, report: Report) {
    this.#world = world;
    this.#report = report;
  }

  onInput(input: Input): void {
    if (input.kind === 'journalFailed') this.#hasNoReserve ||= input.reserveExhausted;
    if (input.kind !== 'command') return;
    const { command } = input;
    if (command.kind === 'previewReplace') this.#isReplacement.add(command.tokenSha256);
    if (command.kind !== 'confirm') return;
    const { tokenSha256 } = command;
    const confirms = this.#confirmed.get(tokenSha256) ?? [];
    this.#confirmed.set(tokenSha256, confirms);
    confirms.push({ principal: input.caller.principal, wall: input.at.wall });
  }

  /** True where the order may go without a durable record, and then it is remembered that it did. */
  #mayGoUnkept({ intentId, purpose, positionId }: OrderIntent, { wall }: At): boolean {
    const isClose = purpose !== 'open' && purpose !== 'protective';
    if (!isClose || !this.#consoleFlattens.has(positionId)) return false;
    if (!this.#hasNoReserve && !this.#world.mayHang(wall)) return false;
    this.#unkept.add(intentId);
    return true;
  }

  onRecord({ body, seq, at }: AuditRecord): void {
    if (body.kind === 'previewMade') this.#previews.set(body.tokenSha256, body);
    if (body.kind === 'repriced') this.#moved.set(body.intentId, body);
    this.#hearKill(body);
    this.#hearFlatten(body);
    this.#hearEnd(body);
    if (body.kind !== 'intentRecorded') return;
    const { intent, tokenSha256 } = body;
    if (this.#intents.has(intent.intentId)) this.#report(`${intent.intentId} is recorded twice`);
    this.#intents.set(intent.intentId, { seq, wall: at.wall, body });
    if (orderHash(intent) !== body.orderHash) this.#report(`${intent.intentId} has a wrong hash`);
    if (tokenSha256 === null) this.#judgeUnconfirmed(intent);
    else this.#judgeToken(body, tokenSha256, at);
    const isOpening = intent.purpose === 'open';
    const blockers = [...this.#unknown].filter(([, strategy]) => strategy === intent.strategy);
    if (isOpening && blockers.length > 0) {
      this.#report(`${intent.intentId} opens while ${blockers[0]?.[0]} of its strategy is unknown`);
    }
  }

  #hearKill({ kind }: AuditBody): void {
    if (kind === 'killEngaged') this.#killTold = true;
    else if (kind === 'killReleased') this.#killTold = false;
  }

  /** What the desk itself has found out of an order, and what was never sent. */
  #hearEnd(body: AuditBody): void {
    const isAbsent = body.kind === 'orderResolved' && body.outcome === 'absentPresumed';
    if (body.kind === 'orderResolved') this.#unknown.delete(body.intentId);
    if (isAbsent || body.kind === 'sendBlocked') this.#ended.add(body.intentId);
  }

  #hearFlatten(body: AuditBody): void {
    if (body.kind === 'alert' && body.code === 'FLATTEN_DONE') this.#consoleFlattens.clear();
    if (body.kind !== 'flattenRequested' || body.principal !== 'console') return;
    for (const positionId of body.positionIds) this.#consoleFlattens.add(positionId);
  }

  #judgeUnconfirmed({ intentId, purpose, principal }: OrderIntent): void {
    const isOwn = purpose === 'exit' || purpose === 'protective';
    const isExit = isOwn && principal === 'engine';
    const isFlatten = purpose === 'flatten' && CLOSES_WITHOUT_TOKEN.has(principal);
    if (!isExit && !isFlatten) this.#report(`${intentId} (${purpose}) spent no token`);
  }

  #judgeToken(body: BodyOf<'intentRecorded'>, tokenSha256: string, at: At): void {
    const { intent } = body;
    const { intentId, principal } = intent;
    const isFlatten = intent.purpose === 'flatten';
    const preview = this.#previews.get(tokenSha256);
    const earlier = this.#tokenUses.get(tokenSha256);
    if (earlier !== undefined && !(earlier.isFlatten && isFlatten)) {
      this.#report(`${intentId} spent the token of ${earlier.intentId} again`);
    }
    this.#tokenUses.set(tokenSha256, { intentId, isFlatten });
    if (preview === undefined) {
      this.#report(`${intentId} spent a token of no preview`);
      return;
    }
    if (preview.principal !== principal) this.#report(`${intentId} spent a foreign token`);
    if (!isFlatten && preview.orderHash !== body.orderHash) {
      this.#report(`${intentId} is not the order that was previewed`);
    }
    this.#judgeConfirm(intentId, preview, at);
  }

  /** A replacement is recorded once the order that it replaces has ended: what counts is when its
   * principal agreed. */
  #judgeConfirm(intentId: string, preview: BodyOf<'previewMade'>, at: At): void {
    const { tokenSha256, principal, expiresAtWall } = preview;
    const confirms = this.#confirmed.get(tokenSha256) ?? [];
    const own = confirms.filter((c) => c.principal === principal && c.wall <= at.wall);
    // The plan confirms by itself what it previewed: sheet-oracle.ts holds it against its sheet.
    if (own.length === 0 && principal !== PLAN)
      this.#report(`${intentId} was sent though its principal confirmed nothing`);
    const spentAt = this.#isReplacement.has(tokenSha256) ? own[0]?.wall : at.wall;
    if ((spentAt ?? 0) >= expiresAtWall) this.#report(`${intentId} spent an expired token`);
  }

  onSubmit(intent: OrderIntent, at: At): void {
    const { intentId, purpose } = intent;
    if (this.#submitted.has(intentId)) this.#report(`${intentId} was submitted twice`);
    this.#submitted.add(intentId);
    this.#judgePrice(intent);
    const recorded = this.#intents.get(intentId);
    if (recorded === undefined) this.#report(`${intentId} was submitted without a record`);
    else {
      if (!this.#world.isDurable(recorded.seq, at) && !this.#mayGoUnkept(intent, at)) {
        this.#report(`${intentId} was submitted before its record was durable`);
      }
      this.#judgeSent(intent, recorded.body);
      const isOld = at.wall - recorded.wall > OLDEST_JUDGEMENT;
      if (purpose === 'open' && isOld) this.#report(`${intentId} opened on an old judgement`);
    }
    if (purpose === 'open' && this.#world.isKilled()) {
      this.#report(`${intentId} opened after the kill`);
    }
  }

  /** What opens is held against the kill word where its first byte leaves. */
  onLeave({ turn, method, path }: HttpSend): void {
    if (turn !== 'entry' || !this.#world.isKilled()) return;
    this.#report(`${method} ${path}, which opens, left after the kill`);
  }

  /** Wires lose and delay what is sent; they make nothing, and no order of two. `name`: what the order
   * is called; where a change is a new order, one of several of its intent. */
  onArrival(intentId: string, name = intentId): void {
    if (this.#arrived.has(name)) this.#report(`${name} reached the broker twice`);
    if (!this.#submitted.has(intentId)) this.#report(`${name} reached the broker unsubmitted`);
    this.#arrived.add(name);
  }

  /** The order as recorded, but that its limit may be better, and then a record says so and how it is
   * left. */
  #judgeSent(intent: OrderIntent, { intent: recorded }: BodyOf<'intentRecorded'>) {
    const { intentId, limit } = intent;
    const { limit: told = recorded.limit, exitPlan } = this.#moved.get(intentId) ?? {};
    const plan = exitPlan === undefined ? {} : { exitPlan };
    const asTold = { ...recorded, ...plan, limit: price(told) };
    if (orderHash(intent) === orderHash(asTold) && limit >= recorded.limit) return;
    this.#report(`${intentId} was submitted as another order than was recorded`);
  }

  /** No close pays more than what it trades can ever be worth, or pays to be rid of a long. An option's price per
   * share in 1/10,000 dollar is its price in cents a contract. */
  #judgePrice({ intentId, purpose, legs, limit }: OrderIntent): void {
    const hasShares = legs.some(({ instrument }) => instrument.kind === 'shares');
    if (purpose === 'open' || purpose === 'protective' || hasShares) return;
    const most = 0 - leastPayoffCents(heldBy(legs, -1));
    if (0 - limit > most)
      this.#report(`${intentId} pays ${0 - limit} for what brings ${most} at most`);
  }

  onReprice(intent: OrderIntent): void {
    const { intentId, purpose, limit, worst } = intent;
    this.#judgePrice(intent);
    const recorded = this.#intents.get(intentId)?.body;
    if (recorded !== undefined && !isButMoved(intent, recorded)) {
      this.#report(`${intentId} was repriced as another order than was recorded`);
    }
    if (!this.#submitted.has(intentId)) this.#report(`${intentId} was repriced before it was sent`);
    if (purpose !== 'open') return;
    if (this.#killTold) this.#report(`${intentId}, an opening, was repriced after the kill`);
    if (limit < worst) this.#report(`${intentId} was repriced past its worst price`);
  }

  onEvent(event: BrokerEvent): void {
    if (event.kind === 'connection' || event.kind === 'settlement' || event.kind === 'marked')
      return;
    const intentId = event.kind === 'fill' ? event.fill.intentId : event.intentId;
    const strategy = this.#intents.get(intentId)?.body.intent.strategy ?? '';
    if (event.kind === 'fill') this.#countFill(event.fill);
    if (event.kind === 'busted' && this.#isFilledNoMore(event)) {
      this.#ended.delete(intentId);
      this.#unknown.set(intentId, strategy);
    }
    if (event.kind === 'reopened') this.#ended.delete(intentId);
    if (ENDS.has(event.kind)) this.#ended.add(intentId);
    // An answer that is late says nothing about an order whose end is told already.
    if (event.kind === 'unknown' && this.#ended.has(intentId)) return;
    if (event.kind === 'unknown') this.#unknown.set(intentId, strategy);
    else if (ENDS_DOUBT.has(event.kind)) this.#unknown.delete(intentId);
  }

  #countFill({ fillId, intentId, quantity }: Fill): void {
    const intent = this.#intents.get(intentId)?.body.intent;
    if (intent === undefined || this.#fills.has(fillId)) return;
    this.#fills.set(fillId, quantity);
    const filled = (this.#filled.get(intentId) ?? 0) + quantity;
    this.#filled.set(intentId, filled);
    if (filled >= contractsOf(intent)) this.#ended.add(intentId);
  }

  /** Takes an execution back. True where its order was filled whole: what has become of it is open again. */
  #isFilledNoMore({ intentId, fillId }: Extract<BrokerEvent, { kind: 'busted' }>): boolean {
    const intent = this.#intents.get(intentId)?.body.intent;
    const quantity = this.#fills.get(fillId) ?? 0;
    if (intent === undefined || quantity === 0) return false;
    this.#fills.set(fillId, 0);
    const filled = this.#filled.get(intentId) ?? 0;
    this.#filled.set(intentId, filled - quantity);
    return filled >= contractsOf(intent);
  }

  /** What the journal kept of the outcomes. Of an order whose end it does not hold a broker that outlives the
   * engine has to be asked; one of the engine's own process is gone with it. */
  #restoreOutcomes(records: readonly AuditRecord[], outlives: boolean): void {
    this.#fills.clear();
    this.#filled.clear();
    this.#ended.clear();
    for (const record of records) {
      const event = brokerEventOf(record);
      if (event !== undefined) this.onEvent(event);
      this.#hearEnd(record.body);
    }
    this.#unknown.clear();
    if (!outlives) return;
    for (const [intentId, { body }] of this.#intents) {
      if (!this.#ended.has(intentId)) this.#unknown.set(intentId, body.intent.strategy);
    }
  }

  /** After a crash only what the journal kept was ever recorded; what was submitted stays so. `outlives`: the
   * broker goes on while the engine is down. */
  onCrash(records: readonly AuditRecord[], outlives: boolean): void {
    this.#previews = new Map();
    this.#intents = new Map();
    this.#tokenUses = new Map();
    this.#killTold = false;
    for (const { body, seq, at } of records) {
      this.#hearKill(body);
      if (body.kind === 'previewMade') this.#previews.set(body.tokenSha256, body);
      if (body.kind !== 'intentRecorded') continue;
      const { intent, tokenSha256 } = body;
      this.#intents.set(intent.intentId, { seq, wall: at.wall, body });
      if (tokenSha256 === null) continue;
      const isFlatten = intent.purpose === 'flatten';
      this.#tokenUses.set(tokenSha256, { intentId: intent.intentId, isFlatten });
    }
    this.#restoreOutcomes(records, outlives);
    this.#hasNoReserve = false;
    this.#consoleFlattens.clear();
    for (const intentId of this.#submitted) {
      if (!this.#unkept.has(intentId) && !this.#intents.has(intentId))
        this.#report(`the crash lost ${intentId}, which was sent`);
    }
  }
}
