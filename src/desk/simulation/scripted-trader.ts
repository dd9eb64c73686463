/**
 * The people and programs at the faces of a simulated session. They preview, confirm in time, too
 * late, twice and with tokens of others, close, cancel, kill, re-arm and flatten, and give orders by
 * hand. One user.
 */

import type { At } from '../../engine/domain/clock.ts';
import type { LimitRaise } from '../../engine/domain/limit-raise.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { tokenSha256 } from '../../risk/confirm-token.ts';
import type { Caller } from '../engine-api.ts';
import type { Command } from '../inputs.ts';
import { AlertSetter } from './alert-setter.ts';
import { soonest } from './event-queue.ts';
import { HandTrader } from './hand-trader.ts';
import { AdoptingOperator } from './operator-adopting.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SessionShape } from './session-config.ts';
import type { SheetOperator } from './sheet-operator.ts';
import {
  dearRequest,
  largeRequest,
  oddRequest,
  plainRequest,
  sensibleRequest,
} from './trader-requests.ts';
import type { TraderView } from './trader-view.ts';

export const TRADER: Caller = { principal: 'alice', authority: 'open' };
export const STRANGER: Caller = { principal: 'mallory', authority: 'open' };
export const REDUCER: Caller = { principal: 'rita', authority: 'reduce' };
export const WATCHER: Caller = { principal: 'walter', authority: 'observe' };
export const OPERATOR: Caller = { principal: 'console', authority: 'console' };

/** One command of one caller. */
export interface Move {
  readonly caller: Caller;
  readonly command: Command;
}

interface Plan {
  readonly due: EpochMicros;
  readonly move: Move;
}

/** Every plaintext token begins like this, so that one that leaks is found. */
export const TOKEN_MARK = 'dlt-plain-';
const TOKEN_DIGITS = 64;
const LIFE_SECONDS = 30;
const SHORTEST_PAUSE_SECONDS = 40;
const LONGEST_PAUSE_SECONDS: Readonly<Record<SessionShape, number>> = { dense: 700, sparse: 1_500 };
/** The first part of the day is the liveliest. */
const LIVELY_MINUTES: Readonly<Record<SessionShape, number>> = { dense: 45, sparse: 12 };
const LIVELY_PAUSE_SECONDS = 110;
const SLOWEST_HAND_SECONDS = 5;
const KILLED_AFTER_SECONDS = [0.01, 1.5] as const;
const KILLED_TO_REARM_SECONDS = [40, 500] as const;

/** What becomes of a token. */
const FATES = { prompt: 70, late: 7, stranger: 7, reducer: 4, never: 6, killed: 8 };
const FATES_OF_REPLACES: typeof FATES = { ...FATES, killed: 35 };

/** Before a raise ends, and behind it. */
const HURRIED_SECONDS = [25, 12, 5, 2, -2, -60];

const HABITS = {
  preview: 52,
  odd: 9,
  large: 9,
  close: 14,
  cancel: 5,
  flatten: 2,
  flattenNow: 0.7,
  kill: 1.5,
  guess: 4,
  watch: 2,
  reconcile: 2,
  burst: 1,
};

/** The chance of what not everybody does; undefined where nobody does it. */
interface TraderHabits {
  readonly shape: SessionShape;
  readonly hand: SeededRandom | undefined;
  readonly alerts: SeededRandom | undefined;
  readonly adopting: SeededRandom | undefined;
  /** Around their ends orders are previewed that need them. */
  readonly raises: readonly LimitRaise[] | undefined;
  /** Lets a plan sheet send. */
  readonly sheet?: SheetOperator | undefined;
}

export class ScriptedTrader {
  readonly #random: SeededRandom;
  readonly #shape: SessionShape;
  /** Absent where nothing is ordered by hand. */
  readonly #hand: HandTrader | undefined;
  /** Absent where nobody asks for alerts. */
  readonly #alerts: AlertSetter | undefined;
  /** Absent where nothing is taken over. */
  readonly #adopting: AdoptingOperator | undefined;
  /** Absent where nothing goes by itself. */
  readonly #sheet: SheetOperator | undefined;
  readonly #tokens = new Map<string, string>();
  #hurries: readonly EpochMicros[];
  #plans: Plan[] = [];
  #nextIdea: EpochMicros;
  #isEager = false;
  #isUnrecorded = false;

  constructor(
    random: SeededRandom,
    from: EpochMicros,
    { shape, hand, alerts, adopting, raises = [], sheet }: TraderHabits,
  ) {
    this.#random = random;
    this.#sheet = sheet;
    this.#hand = hand === undefined ? undefined : new HandTrader(hand, from);
    const callers = { own: [WATCHER, TRADER], other: STRANGER };
    this.#alerts = alerts === undefined ? undefined : new AlertSetter(alerts, from, callers);
    this.#adopting = adopting === undefined ? undefined : new AdoptingOperator(adopting);
    this.#hurries = raises
      .flatMap(({ untilWall: end }) =>
        HURRIED_SECONDS.map((ahead) => addMicros(end, -ahead * MICROS_PER_SECOND)),
      )
      .toSorted((a, b) => a - b);
    this.#shape = shape;
    this.#nextIdea = addMicros(from, random.between(10, 120) * MICROS_PER_SECOND);
  }

  /** When this trader next does something. */
  next(): EpochMicros {
    const own = soonest(this.#nextIdea, this.#hurries[0], this.#sheet?.next());
    let next = soonest(own, this.#hand?.next(), this.#alerts?.next(), this.#adopting?.next());
    for (const { due } of this.#plans) next = soonest(next, due);
    return next ?? this.#nextIdea;
  }

  /** What happens at the faces at this moment, in order. */
  moves(view: TraderView): readonly Move[] {
    const { wall } = view.at;
    this.#flattenUnrecorded(view);
    const due = this.#plans.filter((plan) => plan.due <= wall).map(({ move }) => move);
    this.#plans = this.#plans.filter((plan) => plan.due > wall);
    const byHand = this.#hand?.idea(view, () => this.#newToken(this.#hand?.random));
    if (byHand !== undefined) due.push({ caller: TRADER, command: byHand });
    due.push(...(this.#alerts?.ideas(view) ?? []));
    if (this.#adopting?.asks(view)) due.push({ caller: OPERATOR, command: { kind: 'adopt' } });
    due.push(...this.#hurried(view));
    for (const { by, command } of this.#sheet?.moves(wall) ?? []) {
      due.push({ caller: by === 'operator' ? OPERATOR : TRADER, command });
    }
    if (wall < this.#nextIdea) return due;
    const isLively = view.isEager || view.minutes < LIVELY_MINUTES[this.#shape];
    const longest = isLively ? LIVELY_PAUSE_SECONDS : LONGEST_PAUSE_SECONDS[this.#shape];
    const pause = this.#random.between(SHORTEST_PAUSE_SECONDS, longest);
    this.#nextIdea = addMicros(wall, pause * MICROS_PER_SECOND);
    this.#isEager = view.isEager;
    return [...due, ...(view.isEager ? [this.#plain(view)] : this.#idea(view))];
  }

  /** The engine was down. */
  onCrash(now: EpochMicros): void {
    this.#sheet?.onCrash(now);
  }

  /** The answer to a command of this trader. A preview's token is used, one way or another. */
  onAnswer(move: Move, result: unknown, at: At): void {
    const { command, caller } = move;
    this.#alerts?.onAnswer(move, alertIdIn(result));
    const isPreview = 'tokenSha256' in command && command.kind !== 'confirm';
    if (!isPreview || !hasValue(result)) return;
    const confirm: Move = {
      caller,
      command: { kind: 'confirm', tokenSha256: command.tokenSha256 },
    };
    const isByHand = command.kind === 'previewOrder' || command.kind === 'previewReplace';
    const fates = command.kind === 'previewReplace' ? FATES_OF_REPLACES : FATES;
    const random = (isByHand ? this.#hand?.random : undefined) ?? this.#random;
    this.#planUse(confirm, at.wall, random, fates);
  }

  #planUse(confirm: Move, wall: EpochMicros, random: SeededRandom, fates: typeof FATES): void {
    const fate = this.#isEager ? 'prompt' : random.weighted(fates);
    if (fate === 'never') return;
    const soon = random.between(0, 9);
    if (fate === 'late') {
      this.#plan(wall, random.between(LIFE_SECONDS, 2 * LIFE_SECONDS), confirm);
      return;
    }
    if (fate === 'stranger') this.#plan(wall, soon / 2, { ...confirm, caller: STRANGER });
    if (fate === 'reducer') this.#plan(wall, soon / 2, { ...confirm, caller: REDUCER });
    this.#plan(wall, soon, confirm);
    if (fate === 'killed') {
      // With the confirm, or while its order is on its way.
      const after = random.chance(0.3) ? 0 : random.between(...KILLED_AFTER_SECONDS);
      const from = addMicros(wall, Math.round((soon + after) * MICROS_PER_SECOND));
      this.#kill(from, TRADER, random);
    }
    if (random.chance(0.15)) this.#plan(wall, soon, confirm);
    if (random.chance(0.25)) this.#plan(wall, soon + random.between(11, 19), confirm);
    if (random.chance(0.1)) this.#plan(wall, soon + random.between(40, 3_000), confirm);
  }

  #plan(from: EpochMicros, seconds: number, move: Move): void {
    this.#plans.push({ due: addMicros(from, seconds * MICROS_PER_SECOND), move });
  }

  /** Whoever is paged that no way out can be recorded flattens at the console, or waits. */
  #flattenUnrecorded({ isUnrecorded, positionIds, at }: TraderView): void {
    const isNews = isUnrecorded && !this.#isUnrecorded && positionIds.length > 0;
    this.#isUnrecorded = isUnrecorded && (this.#isUnrecorded || isNews);
    if (!isNews || !this.#random.chance(0.6)) return;
    const move: Move = { caller: OPERATOR, command: { kind: 'flattenNow' } };
    this.#plan(at.wall, this.#random.between(0, SLOWEST_HAND_SECONDS), move);
  }

  #kill(from: EpochMicros, caller: Caller, random = this.#random): void {
    this.#plan(from, 0, { caller, command: { kind: 'kill', reason: 'a drill' } });
    const back = random.between(...KILLED_TO_REARM_SECONDS);
    if (random.chance(0.3)) {
      this.#plan(from, back / 2, { caller: TRADER, command: { kind: 'rearm' } });
    }
    this.#plan(from, back, { caller: OPERATOR, command: { kind: 'rearm' } });
  }

  #newToken(random = this.#random): string {
    const token = `${TOKEN_MARK}${random.hex(TOKEN_DIGITS)}`;
    const sha256 = tokenSha256(token);
    this.#tokens.set(sha256, token);
    return sha256;
  }

  /** Every token in plain, as the faces know them: none of them may reach a record. */
  plainTokens(): readonly string[] {
    return [...this.#tokens.values()];
  }

  #preview(view: TraderView, caller: Caller = TRADER): Move {
    const request = sensibleRequest(this.#random, view);
    return { caller, command: { kind: 'previewStrategy', request, tokenSha256: this.#newToken() } };
  }

  #plain(view: TraderView): Move {
    if (view.isHeld && this.#random.chance(0.3)) {
      return { caller: OPERATOR, command: { kind: 'rearm' } };
    }
    if (view.positionIds.length > 0 && this.#random.chance(0.3)) return this.#close(view);
    const request = plainRequest(this.#random, view);
    const tokenSha = this.#newToken();
    return {
      caller: TRADER,
      command: { kind: 'previewStrategy', request, tokenSha256: tokenSha },
    };
  }

  /** Asks for what a raise allows, while it stands and when it is over. */
  #hurried(view: TraderView): readonly Move[] {
    const due = this.#hurries.filter((at) => at <= view.at.wall);
    this.#hurries = this.#hurries.slice(due.length);
    return due.map(() => {
      const random = this.#random;
      const request = random.chance(0.4) ? largeRequest(random) : dearRequest(random, view);
      const tokenSha = this.#newToken();
      const command = { kind: 'previewStrategy', request, tokenSha256: tokenSha } as const;
      return { caller: TRADER, command };
    });
  }

  #idea(view: TraderView): readonly Move[] {
    const random = this.#random;
    const habit = random.weighted(HABITS);
    switch (habit) {
      case 'preview':
        return [this.#preview(view)];
      case 'odd':
      case 'large': {
        const request = habit === 'odd' ? oddRequest(random, view) : largeRequest(random);
        const tokenSha = this.#newToken();
        return [
          { caller: TRADER, command: { kind: 'previewStrategy', request, tokenSha256: tokenSha } },
        ];
      }
      case 'close':
        return [this.#close(view)];
      case 'cancel':
        return [this.#cancel(view)];
      case 'flatten':
        return [
          { caller: TRADER, command: { kind: 'previewFlatten', tokenSha256: this.#newToken() } },
        ];
      case 'flattenNow':
        return [{ caller: random.pick([OPERATOR, TRADER]), command: { kind: 'flattenNow' } }];
      case 'kill':
        this.#kill(view.at.wall, random.pick([TRADER, WATCHER, OPERATOR]));
        return [];
      case 'guess':
        return [{ caller: TRADER, command: { kind: 'confirm', tokenSha256: random.hex(64) } }];
      case 'watch':
        return [
          { ...this.#close(view), caller: WATCHER },
          this.#preview(view, random.pick([WATCHER, REDUCER])),
        ];
      case 'reconcile':
        return [{ caller: WATCHER, command: { kind: 'reconcile' } }];
      case 'burst':
        return Array.from({ length: random.whole(3, 14) }, () => this.#preview(view));
    }
  }

  #close(view: TraderView): Move {
    const random = this.#random;
    const isKnown = view.positionIds.length > 0 && random.chance(0.85);
    const target = isKnown
      ? random.pick(view.positionIds)
      : random.pick(['20261120-000999', 'all']);
    const quantity = random.chance(0.7) ? undefined : random.pick([1, 1, 2, 0, 99, 1.5]);
    const tokenSha = this.#newToken();
    return {
      caller: random.chance(0.2) ? REDUCER : TRADER,
      command: { kind: 'previewClose', target, quantity, tokenSha256: tokenSha },
    };
  }

  #cancel(view: TraderView): Move {
    const random = this.#random;
    const ids = view.liveOrderIds;
    const orderId = ids.length > 0 ? random.pick(ids) : '20261120-000998';
    return { caller: TRADER, command: { kind: 'cancel', orderId, tokenSha256: this.#newToken() } };
  }
}

function alertIdIn(result: unknown): string | undefined {
  if (!hasValue(result)) return undefined;
  const { value } = result;
  const isAlert = typeof value === 'object' && value !== null && 'alertId' in value;
  return isAlert ? String(value.alertId) : undefined;
}

function hasValue(result: unknown): result is { readonly value: unknown } {
  return typeof result === 'object' && result !== null && 'value' in result;
}
