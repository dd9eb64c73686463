/**
 * What a trader asked to hear of is told, once, when it comes about beyond doubt, over a crash too; nothing
 * else is. Reckoned from quotes, bars and records; the book is the desk's, which another oracle holds
 * against the facts.
 */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { TRADER_ALERT } from '../../ops/alert-channel.ts';
import { cashSoFar } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import { type Range, SeenMarket } from './alert-sums.ts';
import { FillFold } from './fill-fold.ts';
import type { MomentWindow } from './moment-oracle.ts';
import type { Report } from './order-oracle.ts';

type Rule = Extract<AuditBody, { readonly kind: 'alertSet' }>;

interface Asked {
  readonly rule: Rule;
  /** `perhaps`: its value may have been back far enough since it was told, or not. */
  armed: 'yes' | 'no' | 'perhaps';
  /** By the last look: 'none' before the first, undefined where nothing is known. */
  before: Range | undefined | 'none';
  /** Since when it is beyond doubt that it is to be told, in market time, and when that was last seen. */
  sure: { readonly since: number; readonly seen: number } | undefined;
  fired: number;
  told: number;
}

/** What is due beyond doubt at looks that lie so far apart is late. */
const LATE_MICROS = 4 * MICROS_PER_SECOND;
/** A longer stretch between two looks counts nothing. */
const LONGEST_STEP_MICROS = 5 * MICROS_PER_SECOND;
const CENTS_PER_DOLLAR = 100;

function isBeyond({ direction, level }: Rule, value: number): boolean {
  return direction === 'above' ? value >= level : value <= level;
}

/** Beyond its level wherever in the range it is, and known. */
function isSure({ direction, level }: Rule, { low, high, isKnown }: Range): boolean {
  if (direction === 'above') return isKnown && low >= level;
  return high <= level;
}

/** How far a value is back once it arms an alert again; undefined where none does. */
function backAt({ direction, level, rearmBy }: Rule): number | undefined {
  if (rearmBy === undefined) return undefined;
  return direction === 'above' ? level - rearmBy : level + rearmBy;
}

function isSurelyBack(rule: Rule, { low, high, isKnown }: Range): boolean {
  const back = backAt(rule) ?? Number.NaN;
  return isKnown && (rule.direction === 'above' ? high <= back : low >= back);
}

function mayBeBack(rule: Rule, { low, high }: Range): boolean {
  const back = backAt(rule) ?? Number.NaN;
  return rule.direction === 'above' ? low <= back : high >= back;
}

export class AlertOracle {
  readonly #report: Report;
  readonly #met: (what: string) => void;
  readonly #window: MomentWindow;
  readonly #market: SeenMarket;
  readonly #asked = new Map<string, Asked>();
  readonly #cleared = new Set<string>();
  #fold = new FillFold();
  #desk: DeskContext | undefined;
  #isLook = false;
  #isTold = true;
  #isWaiting = false;

  constructor(
    { session, window }: { readonly session: SessionTimes; readonly window: MomentWindow },
    report: Report,
    met: (what: string) => void,
  ) {
    this.#window = window;
    this.#market = new SeenMarket(session);
    this.#report = report;
    this.#met = met;
  }

  /** Something was due at the last look. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  onInput(input: Input): void {
    this.#market.onInput(input);
    if (input.kind === 'batchEnd' || input.kind === 'clock') this.#isLook = true;
  }

  /** A fact that the journal holds. */
  onEvent(event: BrokerEvent): void {
    this.#fold.apply(event);
  }

  onRecord({ body, at }: AuditRecord): void {
    if (body.kind === 'alertFired') this.#onFired(body, at);
    else this.#note(body);
  }

  #note(body: AuditBody): void {
    if (body.kind === 'alertSet') {
      const asked = { rule: body, before: 'none', sure: undefined, fired: 0, told: 0 } as const;
      this.#asked.set(body.alertId, { ...asked, armed: 'yes' });
    } else if (body.kind === 'alertCleared') this.#clear(body.alertId);
    else if (body.kind === 'alert' && body.code === TRADER_ALERT && body.action === undefined) {
      const asked = this.#asked.get(body.subject ?? '');
      if (asked !== undefined) asked.told += 1;
      this.#isTold = false;
    }
  }

  #clear(alertId: string): void {
    const asked = this.#asked.get(alertId);
    if (asked?.armed === 'yes') this.#met('alertCleared');
    this.#asked.delete(alertId);
    this.#cleared.add(alertId);
  }

  #onFired(
    { alertId, value }: Extract<AuditBody, { readonly kind: 'alertFired' }>,
    at: AuditRecord['at'],
  ): void {
    this.#isTold = false;
    const asked = this.#asked.get(alertId);
    if (asked === undefined) {
      const what = this.#cleared.has(alertId) ? 'cleared' : 'never set';
      this.#report(`${alertId} is told of, which was ${what}`);
      return;
    }
    const { rule, before } = asked;
    if (asked.armed === 'no') this.#report(`${alertId} is told again, and was not back`);
    if (!isBeyond(rule, value)) {
      this.#report(`${alertId} is told at ${value}, short of ${rule.level}`);
    }
    const now = this.#rangeOf(rule, at);
    const isOpen = now === undefined || before === undefined;
    const [low, high] = isOpen || before === 'none' ? [now?.low, now?.high] : spanOf(now, before);
    if (!isOpen && (value < (low ?? value) || value > (high ?? value))) {
      this.#report(`${alertId} is told at ${value}, which is between ${low} and ${high}`);
    }
    this.#met(asked.fired === 0 ? `alertTold ${rule.on}` : 'alertToldAgain');
    Object.assign(asked, { armed: 'no', sure: undefined, fired: asked.fired + 1 });
  }

  /** Called after every step. */
  afterStep(desk: DeskContext): void {
    this.#desk = desk;
    if (!this.#isTold) this.#judgeTold();
    if (!this.#isLook) return;
    this.#isLook = false;
    this.#isWaiting = false;
    if (!desk.day.chainOpen) return;
    for (const asked of this.#asked.values()) this.#look(asked, desk);
  }

  #judgeTold(): void {
    this.#isTold = true;
    for (const [alertId, { fired, told }] of this.#asked) {
      if (fired > told) this.#report(`${alertId} came about and nobody was told`);
      if (fired < told)
        this.#report(`${alertId} came about ${fired} times and is told ${told} times`);
    }
  }

  #look(asked: Asked, desk: DeskContext): void {
    const { rule } = asked;
    const range = this.#rangeOf(rule, desk.at);
    asked.before = range;
    if (asked.armed !== 'yes') {
      asked.sure = undefined;
      if (backAt(rule) === undefined) return;
      if (range !== undefined && isSurelyBack(rule, range)) asked.armed = 'yes';
      else if (range === undefined || mayBeBack(rule, range)) asked.armed = 'perhaps';
      return;
    }
    if (range === undefined || !isSure(rule, range)) {
      asked.sure = undefined;
      return;
    }
    const { market } = desk.at;
    const { since, seen } = asked.sure ?? { since: market, seen: market };
    const isOn = market - seen <= LONGEST_STEP_MICROS;
    asked.sure = { since: isOn ? since : market, seen: market };
    this.#isWaiting = true;
    if (market - asked.sure.since < LATE_MICROS) return;
    const { alertId, on, direction, level } = rule;
    this.#report(
      `${alertId} is to be told at ${on} ${direction} ${level}, and is not at ${range.low}`,
    );
    asked.armed = 'perhaps';
  }

  /** Undefined where nothing is known: then the desk may have a value or not, and any. */
  #rangeOf(rule: Rule, { market, wall }: DeskContext['at']): Range | undefined {
    switch (rule.on) {
      case 'spot':
        return this.#market.spot(wall);
      case 'short_delta':
        return this.#market.shortDelta(this.#held(rule.positionId), { market, wall });
      case 'pnl':
        return this.#pnl(rule.positionId, wall);
      case 'straddle':
        return this.#market.straddlePercent({ market, wall });
      case 'minutes_to_cutoff': {
        const minutes = (this.#window.cutoffAt - market) / MICROS_PER_MINUTE;
        return { low: minutes, high: minutes, isKnown: true };
      }
    }
  }

  #held(positionId: string | undefined) {
    const held = this.#desk?.book.structures() ?? [];
    return held
      .filter((position) => positionId === undefined || position.positionId === positionId)
      .flatMap(({ legs }) => legs.filter(({ quantity }) => quantity !== 0));
  }

  #pnl(positionId: string | undefined, wall: number): Range | undefined {
    if (positionId === undefined) {
      return this.#market.worth(this.#fold.held(), this.#fold.cashCents / CENTS_PER_DOLLAR, wall);
    }
    const position = this.#desk?.book.structure(positionId);
    if (position === undefined) return undefined;
    const cash = cashSoFar(position) / CENTS_PER_DOLLAR;
    return this.#market.worth(this.#held(positionId), cash, wall);
  }

  /** Begins again from what the journal kept. What was told may be armed again, or was before. */
  onCrash(records: readonly AuditRecord[], events: readonly BrokerEvent[]): void {
    this.#market.onCrash();
    this.#asked.clear();
    this.#cleared.clear();
    this.#desk = undefined;
    this.#fold = new FillFold();
    for (const event of events) this.#fold.apply(event);
    for (const { body } of records) {
      this.#note(body);
      const asked = body.kind === 'alertFired' ? this.#asked.get(body.alertId) : undefined;
      if (asked === undefined) continue;
      asked.fired += 1;
      asked.armed = backAt(asked.rule) === undefined ? 'no' : 'perhaps';
    }
    if ([...this.#asked.values()].some(({ fired }) => fired === 0)) this.#met('alertOverCrash');
    this.#isTold = false;
  }
}

function spanOf(one: Range, other: Range): readonly [number, number] {
  return [Math.min(one.low, other.low), Math.max(one.high, other.high)];
}
