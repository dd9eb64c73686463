/**
 * Bad wires between an engine and a broker: requests and answers take time and get lost apart from
 * each other; frames of the stream come late, twice or not at all. Now and then the connection has to
 * be made first, and what opens is held against the kill word right before its first byte, as the
 * shell of the wires does. The seed decides. One user.
 */

import type { WireInput } from '../../broker/order-gateway.ts';
import type { HttpSend } from '../../broker/wire-requests.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MILLI, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { EventQueue, soonest } from './event-queue.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What becomes of a request. `slow`: it arrives seconds later, or after nobody waits for its answer
 * any more · `gateway502`: it arrives, and a proxy answers in the broker's place. */
type RequestFate = 'normal' | 'lostRequest' | 'lostAnswer' | 'gateway502' | 'unreachable' | 'slow';
export type RequestFates = Readonly<Record<RequestFate, number>>;

/** What becomes of a frame of the stream. */
const FRAME_FATES = { normal: 86, twice: 7, late: 5, lost: 2 };
const SHORTEST_MILLIS = 5;
const LONGEST_MILLIS = 90;
const LATEST_FRAME_SECONDS = 25;
/** A connection stands, or has to be made first. */
const CONNECTS_CHANCE = 0.3;
const CONNECTS_SECONDS = [0.03, 4] as const;
/** An answer that leaves this long before the time-out is heard. */
const ANSWER_TAKES_MICROS = 2 * LONGEST_MILLIS * MICROS_PER_MILLI;

export interface WireReply {
  readonly status: number;
  readonly body: string;
}

/** Where requests leave the engine. */
export interface WireDoor {
  /** The kill word as the shell of the wires reads it. */
  readonly isKilled: () => boolean;
  /** The first byte of a request leaves. */
  readonly onLeave: (send: HttpSend) => void;
  /** Something came about that is rare and worth meeting. */
  readonly met: (what: string) => void;
}

/** What is sent: a request, and what else its broker needs of it. */
interface Sent {
  readonly send: HttpSend;
}

/** A request whose connection is being made. */
interface Connecting<T> {
  readonly request: T;
  readonly given: RequestFate | undefined;
}

interface Arriving<T> {
  readonly request: T;
  /** Its answer never comes back. */
  readonly isMute: boolean;
}

export interface LossyWiresOptions<T> {
  readonly random: SeededRandom;
  readonly fatesOf: (request: T) => RequestFates;
  /** The broker does what a request asks for. */
  readonly serve: (request: T, at: At) => WireReply;
  readonly door: WireDoor;
}

export class LossyWires<T extends Sent> {
  readonly #options: LossyWiresOptions<T>;
  readonly #arriving = new EventQueue<Arriving<T>>();
  readonly #leaving = new EventQueue<WireInput>();
  readonly #connecting = new EventQueue<Connecting<T>>();

  constructor(options: LossyWiresOptions<T>) {
    this.#options = options;
  }

  /** When something next arrives at one end or the other. */
  next(): EpochMicros | undefined {
    const there = soonest(this.#arriving.next(), this.#leaving.next());
    return soonest(there, this.#connecting.next());
  }

  /** The engine sent this; its fate is drawn where it is not given. */
  send(request: T, at: At, given?: RequestFate): void {
    const { random } = this.#options;
    if (!random.chance(CONNECTS_CHANCE)) {
      this.#leave(request, at, given);
      return;
    }
    const micros = Math.round(random.between(...CONNECTS_SECONDS) * MICROS_PER_SECOND);
    this.#connecting.add(addMicros(at.wall, micros), { request, given });
  }

  /** Its connection stands. */
  #connected({ request, given }: Connecting<T>, at: At): void {
    const { isKilled, met } = this.#options.door;
    const { requestId, turn } = request.send;
    if (turn !== 'entry' || !isKilled()) {
      this.#leave(request, at, given);
      return;
    }
    met('killedWhileConnecting');
    const reason = 'not sent: the kill switch is engaged';
    this.tell({ kind: 'httpFailed', requestId, reason, neverSent: true }, at.wall);
  }

  #leave(request: T, at: At, given: RequestFate | undefined): void {
    const { random, fatesOf, door } = this.#options;
    door.onLeave(request.send);
    const { requestId, timeoutMillis } = request.send;
    const fate = given ?? random.weighted(fatesOf(request));
    const timeout = addMicros(at.wall, timeoutMillis * MICROS_PER_MILLI);
    if (fate === 'unreachable') {
      const reason = 'connection refused';
      this.tell({ kind: 'httpFailed', requestId, reason, neverSent: true }, this.soon(at));
      return;
    }
    const arrivesAt = fate === 'slow' ? this.#between(at.wall, timeout) : undefined;
    const isTooLate = arrivesAt !== undefined && arrivesAt >= timeout - ANSWER_TAKES_MICROS;
    const isMute = isTooLate || (fate !== 'normal' && fate !== 'slow');
    if (fate !== 'lostRequest') {
      this.#arriving.add(arrivesAt ?? this.soon(at), { request, isMute });
    }
    if (fate === 'gateway502') {
      this.tell({ kind: 'httpResponse', requestId, status: 502, body: '' }, this.soon(at));
    } else if (isMute) {
      this.tell({ kind: 'httpFailed', requestId, reason: 'no answer in time' }, timeout);
    }
  }

  /** A frame of the broker's stream, on its way to the engine. */
  frame(text: string, at: At): void {
    const { random } = this.#options;
    const fate = random.weighted(FRAME_FATES);
    if (fate === 'lost') return;
    const frame = { kind: 'socketFrame', text } as const;
    const seconds = fate === 'late' ? random.between(0, LATEST_FRAME_SECONDS) : 0;
    this.tell(frame, addMicros(this.soon(at), Math.round(seconds * MICROS_PER_SECOND)));
    if (fate === 'twice') this.tell(frame, this.soon(at));
  }

  /** What the engine hears at a time. */
  tell(input: WireInput, due: EpochMicros): void {
    this.#leaving.add(due, input);
  }

  /** Everything that is due by now: what arrives is done, what reaches the engine is returned. */
  run(at: At): readonly WireInput[] {
    for (let due = this.#connecting.take(at.wall); due; due = this.#connecting.take(at.wall)) {
      this.#connected(due, at);
    }
    for (let due = this.#arriving.take(at.wall); due; due = this.#arriving.take(at.wall)) {
      this.#arrive(due, at);
    }
    const inputs: WireInput[] = [];
    for (let due = this.#leaving.take(at.wall); due; due = this.#leaving.take(at.wall)) {
      inputs.push(due);
    }
    return inputs;
  }

  /** The connection of the stream is gone, and what was on its way in it. */
  dropFrames(): void {
    this.#leaving.drop(({ kind }) => kind === 'socketFrame');
  }

  /** The engine is gone: what was on its way to it is lost, what was on its way from it is not. */
  onCrash(): void {
    this.#connecting.clear();
    this.#leaving.clear();
  }

  /** When something that leaves now is there, on a good day. */
  soon(at: At): EpochMicros {
    const millis = this.#options.random.between(SHORTEST_MILLIS, LONGEST_MILLIS);
    return addMicros(at.wall, Math.round(millis * MICROS_PER_MILLI));
  }

  #between(from: EpochMicros, until: EpochMicros): EpochMicros {
    return addMicros(from, Math.round(this.#options.random.between(0, until - from)));
  }

  #arrive({ request, isMute }: Arriving<T>, at: At): void {
    const { status, body } = this.#options.serve(request, at);
    const { requestId } = request.send;
    if (!isMute) this.tell({ kind: 'httpResponse', requestId, status, body }, this.soon(at));
  }
}
