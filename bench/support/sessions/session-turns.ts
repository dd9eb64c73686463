/**
 * The turns of an account's requests in the time of a session: the production pacer and queue. Now and
 * then the threads beside it have used up everything right before a request of a way out, which then
 * waits. One user.
 */

import type { PacePlan } from '../../../src/broker/request-pacer.ts';
import { createPaceMemory, isWayOut, RequestPacer } from '../../../src/broker/request-pacer.ts';
import type { HttpSend } from '../../../src/broker/wire-requests.ts';
import type { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import { TurnQueue, type TurnRequest } from '../../../src/desk/threads/turn-queue.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import { epochMicros } from '../../../src/engine/domain/units.ts';

/** Of the orders and cancels of ways out, so many find everything used up. */
const USED_UP_CHANCE = 0.04;

type PatientSend = HttpSend & TurnRequest;

export class SessionTurns {
  readonly #plan: PacePlan;
  readonly #random: SeededRandom;
  readonly #met: (what: string) => void;
  #pacer: RequestPacer;
  #queue: TurnQueue<PatientSend>;

  constructor(plan: PacePlan, random: SeededRandom, met: (what: string) => void) {
    this.#plan = plan;
    this.#random = random;
    this.#met = met;
    this.#pacer = new RequestPacer(plan, createPaceMemory(plan));
    this.#queue = new TurnQueue(this.#pacer);
  }

  /** A request on its way to the wires. */
  ask(send: HttpSend, { wall }: At): 'go' | 'refused' | 'waits' {
    const isMeant = isWayOut(send.turn) || send.turn === 'move';
    const isOfWayOut = isMeant && send.method !== 'GET';
    if (isOfWayOut && this.#random.chance(USED_UP_CHANCE)) this.#useUp(send, wall);
    const became = this.#queue.take({ ...send, patienceMillis: send.timeoutMillis }, wall);
    if (became === 'waits' && isOfWayOut) this.#met('wayOutWaitsForTurn');
    return became;
  }

  #useUp(send: HttpSend, wall: EpochMicros): void {
    while (this.#pacer.take(send, wall) === 0);
  }

  next(): EpochMicros | undefined {
    const next = this.#queue.next();
    return next === undefined ? undefined : epochMicros(next);
  }

  due({ wall }: At) {
    return this.#queue.due(wall);
  }

  /** The engine is gone, and with it the memory of its threads. */
  onCrash(): void {
    this.#pacer = new RequestPacer(this.#plan, createPaceMemory(this.#plan));
    this.#queue = new TurnQueue(this.#pacer);
  }
}
