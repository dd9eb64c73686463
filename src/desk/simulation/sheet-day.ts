/** What the records of a day say of its plan sheet: the leave that stands, orders and ends of turns, stops that
 * strategies rest after. Folded apart from the desk's own plan. One user. */

import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import { brokerEventOf } from '../journal-summary.ts';
import type { PlanSheet } from '../plan/plan-sheet.ts';
import { worstOfIntent } from './cap-oracle.ts';
import { isGated, type Turn, turnsOf } from './sheet-turns.ts';

type BodyOf<K extends AuditBody['kind']> = Extract<AuditBody, { readonly kind: K }>;
export type TurnEnd = BodyOf<'planRun'>;
export type Leave = BodyOf<'planGranted'>;

/** Exits after which a strategy rests. */
const STOPS: ReadonlySet<string> = new Set(['stop', 'callSideStop', 'putSideStop', 'trail']);

export class SheetDay {
  readonly sheet: PlanSheet;
  readonly session: SessionTimes;
  readonly turns: readonly Turn[];
  /** By turn. */
  readonly orders = new Map<string, OrderIntent>();
  readonly ends = new Map<string, TurnEnd>();
  /** When a turn was previewed. */
  readonly previews = new Map<string, At>();
  leave: Leave | undefined;
  readonly #intents = new Map<string, OrderIntent>();
  readonly #fills = new Set<string>();
  readonly #stops = new Map<string, EpochMicros>();

  constructor(sheet: PlanSheet, session: SessionTimes) {
    this.sheet = sheet;
    this.session = session;
    this.turns = turnsOf(sheet, session);
  }

  turnOf(tokenSha256: string | null): Turn | undefined {
    return this.turns.find(({ token }) => token === tokenSha256);
  }

  /** Takes what a record says into account. */
  see(record: AuditRecord): void {
    const { body, at, session } = record;
    if (session !== this.session.date || this.turns.length === 0) return;
    if (body.kind === 'planRun') this.ends.set(body.slotId, body);
    else if (body.kind === 'planRevoked') this.leave = undefined;
    else if (body.kind === 'planGranted') {
      if (body.sheetSha256 === this.sheet.sha256) this.leave = body;
    } else if (body.kind === 'previewMade') this.#seePreview(body, at);
    else if (body.kind === 'intentRecorded') this.#seeIntent(body);
    else if (body.kind === 'exitTriggered') this.#seeExit(body, at);
    else this.#seeFill(record);
  }

  #seePreview({ tokenSha256 }: BodyOf<'previewMade'>, at: At): void {
    const turn = this.turnOf(tokenSha256);
    if (turn !== undefined) this.previews.set(turn.id, at);
  }

  #seeIntent({ intent, tokenSha256 }: BodyOf<'intentRecorded'>): void {
    this.#intents.set(intent.intentId, intent);
    const turn = this.turnOf(tokenSha256);
    if (turn !== undefined) this.orders.set(turn.id, intent);
  }

  /** What ends an exit that was begun is of the moment of that one. */
  #seeExit({ positionId, reason, numbers }: BodyOf<'exitTriggered'>, { market }: At): void {
    const strategy = this.#intents.get(positionId)?.strategy;
    const isStop = STOPS.has(reason) && !('goesOnFrom' in numbers);
    if (isStop && strategy !== undefined) this.#stops.set(strategy, market);
  }

  /** A stop that the broker held. */
  #seeFill(record: AuditRecord): void {
    const event = brokerEventOf(record);
    if (event?.kind !== 'fill' || this.#fills.has(event.fill.fillId)) return;
    this.#fills.add(event.fill.fillId);
    const intent = this.#intents.get(event.fill.intentId);
    if (intent?.purpose === 'protective') this.#stops.set(intent.strategy, record.at.market);
  }

  isGated({ entry }: Turn, market: EpochMicros): boolean {
    return isGated(this.sheet, entry, this.session, market);
  }

  /** True while the strategy of a turn rests after a stop. */
  rests({ entry }: Turn, market: EpochMicros): boolean {
    const stoppedAt = this.#stops.get(entry.request.strategy);
    if (stoppedAt === undefined) return false;
    return market < stoppedAt + entry.cooldownMinutes * MICROS_PER_MINUTE;
  }

  /** Worst cases of all orders of the day, fees left out. */
  worstCents(): number {
    return [...this.orders.values()].reduce((sum, intent) => sum + worstOfIntent(intent), 0);
  }

  /** The same as the ends of their turns tell them. */
  toldCents(): number {
    const sent = [...this.ends.values()].filter(({ outcome }) => outcome === 'sent');
    return sent.reduce((sum, { maxLossCents }) => sum + maxLossCents, 0);
  }
}
