/**
 * A production adapter and the venue that stands for its broker, with bad wires between them. The
 * venue knows no wires: it serves requests, takes part in a socket, and trades against the quotes of
 * the session's own market. One user.
 */

import { intentIdOf } from '../../../src/broker/alpaca/order-line.ts';
import type { OrderGateway, WireInput } from '../../../src/broker/order-gateway.ts';
import { remembered } from '../../../src/broker/remembered-reading.ts';
import type { PacePlan } from '../../../src/broker/request-pacer.ts';
import type { HttpSend } from '../../../src/broker/wire-requests.ts';
import type { DeskStart } from '../../../src/desk/gateway-of.ts';
import { gatewayOf } from '../../../src/desk/gateway-of.ts';
import { soonest } from '../../../src/desk/simulation/event-queue.ts';
import type {
  AccountTruth,
  BrokerAccount,
  Drill,
  FarBroker,
  FarBrokerOptions,
  QuoteInput,
  WireEffect,
} from '../../../src/desk/simulation/far-broker.ts';
import type { RequestFates, WireReply } from '../../../src/desk/simulation/lossy-wires.ts';
import { LossyWires } from '../../../src/desk/simulation/lossy-wires.ts';
import { streamOf } from '../../../src/desk/simulation/seeded-random.ts';
import type { Heard, OrderNews } from '../../../src/desk/simulation/stream-oracle.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import type { ChainListing, Quote } from '../../../src/engine/domain/market.ts';
import type { SessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND } from '../../../src/engine/domain/units.ts';
import { AccountSocket } from './account-socket.ts';
import type { AccountScreen } from './other-screen.ts';
import { OtherScreen } from './other-screen.ts';
import { SessionTurns } from './session-turns.ts';

/** Of what changes something, and of what is only read, which is most. */
const FATES: RequestFates = {
  normal: 905,
  lostRequest: 15,
  lostAnswer: 30,
  gateway502: 15,
  unreachable: 15,
  slow: 20,
};
const READ_FATES: RequestFates = {
  normal: 970,
  lostRequest: 5,
  lostAnswer: 7,
  gateway502: 5,
  unreachable: 5,
  slow: 8,
};
/** The adapters are paced by the clock, which comes many times a second in an engine. Here it comes so
 * often for a while after an order, a change, an execution or a failure, while orders rest,
 * and in between. */
const BEAT_MICROS = {
  busy: 5 * MICROS_PER_SECOND,
  resting: 15 * MICROS_PER_SECOND,
  calm: 30 * MICROS_PER_SECOND,
};
/** Statuses from here on are refusals. */
const LEAST_REFUSAL = 300;
const BUSY_FOR_MICROS = 25 * MICROS_PER_SECOND;
const UNREST_MICROS = 12 * MICROS_PER_SECOND;
/** A heartbeat of the account's stream is due by then, or its silence counts. */
const SPEAKS_EVERY_MICROS = 40 * MICROS_PER_SECOND;

/** What a venue tells of its own accord. */
export interface VenueEvents {
  /** News of the account, which the broker may fail to publish. */
  tell(text: string): void;
  /** The connection's own words. */
  answer(text: string): void;
  /** The broker ends the connection. */
  close(reason: string): void;
}

/** A broker without its wires. */
export interface Venue {
  /** Time comes to here: what is due at the broker happens. */
  advance(at: At): void;
  next(): EpochMicros | undefined;
  serve(send: HttpSend): WireReply;
  join(): void;
  leave(): void;
  hear(text: string): void;
  /** The engine logs in anew for what it asks next. */
  forgetLogin?(): void;
  /** `contract`: undefined for the underlying. */
  quote(contract: OptionContract | undefined, quote: Omit<Quote, 'at'>): void;
  /** Every quote of the moment has come. */
  trade(at: At, session: SessionTimes): void;
  hasWorkingOrders(): boolean;
  truth(): AccountTruth;
  /** The engine's name of the order that a request sends; undefined for any other request. */
  nameOf(send: HttpSend): string | undefined;
  /** How often the account may ask. */
  readonly pace: PacePlan;
  /** The answer to an order that is refused by a fault. */
  readonly refusal: WireReply;
  /** True for a message that tells of an execution. */
  tellsFill(text: string): boolean;
  /** True for the stream's word that it tells from now on. */
  begins(text: string): boolean;
  /** True for a request for the orders of the session, as the account is read. */
  listsOrders(send: HttpSend): boolean;
  /** What a message of the stream, or the answer to such a request, says of orders. */
  newsIn(text: string): readonly OrderNews[];
  /** The account on the broker's own screen. */
  readonly screen: AccountScreen;
}

export type VenueOf = (options: FarBrokerOptions, events: VenueEvents) => Venue;

/** The faults by which a change of a working order is refused. */
const REFUSED_CHANGES: Readonly<Partial<Record<string, keyof Drill>>> = {
  DELETE: 'refuseCancelNext',
  PATCH: 'refuseLimitNext',
  PUT: 'refuseLimitNext',
};

export class VenueLink implements FarBroker {
  readonly account: BrokerAccount;
  readonly #options: FarBrokerOptions;
  readonly #wires: LossyWires<{ readonly send: HttpSend }>;
  readonly #socket: AccountSocket;
  readonly #venue: Venue;
  readonly #turns: SessionTurns;
  readonly #somebody: OtherScreen;
  readonly #drill = {
    rejectNext: 0,
    unknownNext: 0,
    refuseCancelNext: 0,
    refuseLimitNext: 0,
    dropFillEvents: 0,
  };
  #at: At;
  #beatenAt: EpochMicros;
  /** When lists of orders were asked for, by request. */
  readonly #listsAsked = new Map<string, EpochMicros>();
  #isStreamUp = false;
  #busyUntil = 0;
  #saidAt: EpochMicros;

  constructor(options: FarBrokerOptions, venueOf: VenueOf) {
    const { random, at, seed, session } = options;
    this.#options = options;
    this.#at = at;
    this.#beatenAt = at.wall;
    this.#saidAt = at.wall;
    this.#wires = new LossyWires({
      random,
      fatesOf: ({ send }) => (send.method === 'GET' ? READ_FATES : FATES),
      serve: ({ send }) => this.#serve(send),
      door: options.door,
    });
    const venue = venueOf(options, {
      tell: (text) => this.#tell(text),
      answer: (text) => this.#socket.answer(text, this.#at),
      close: (reason) => this.#socket.close(reason, this.#at),
    });
    this.#venue = venue;
    this.#turns = new SessionTurns(venue.pace, random, options.door.met);
    const [elsewhere, moves] = [streamOf(seed, 'elsewhere'), streamOf(seed, 'moves')];
    this.#somebody = new OtherScreen(elsewhere, moves, session, options.door.met);
    this.#socket = new AccountSocket(random, this.#wires, venue);
    this.account = {
      snapshot: () => venue.truth(),
      setKnobs: (drill: Drill) => Object.assign(this.#drill, drill),
    };
  }

  connect(start: DeskStart, at: At): OrderGateway {
    this.#at = at;
    this.#stir();
    this.#socket.open(at);
    return gatewayOf(start);
  }

  next(): EpochMicros | undefined {
    const wires = soonest(this.#wires.next(), this.#turns.next());
    const venue = soonest(this.#venue.next(), this.#somebody.next(this.#at.wall));
    return soonest(wires, this.#socket.next(), venue);
  }

  /** Counted from the last beat, whatever brought the clock in between. */
  beat(): EpochMicros {
    const isBusy = this.#at.wall < this.#busyUntil;
    const mood = isBusy ? 'busy' : this.#venue.hasWorkingOrders() ? 'resting' : 'calm';
    const beat = addMicros(this.#beatenAt, BEAT_MICROS[mood]);
    const speaks = addMicros(this.#saidAt, SPEAKS_EVERY_MICROS);
    return speaks > this.#beatenAt && speaks < beat ? speaks : beat;
  }

  run(at: At): readonly WireInput[] {
    this.#at = at;
    this.#venue.advance(at);
    this.#somebody.run(at.wall, this.#venue.screen);
    this.#socket.run(at);
    this.#takeTurns();
    const inputs = this.#wires.run(at);
    if (inputs.some(isUnrest)) this.#stir(UNREST_MICROS);
    for (const input of inputs) {
      const heard = this.#heardIn(input);
      if (heard !== undefined) this.#options.ear.onHeard(heard, at);
    }
    return inputs;
  }

  readonly #newsIn = remembered((body) => this.#venue.newsIn(body));

  #heardIn(input: WireInput): Heard | undefined {
    if (input.kind === 'socketFrame') {
      const { text } = input;
      if (!this.#venue.begins(text)) return { kind: 'stream', orders: this.#venue.newsIn(text) };
      if (this.#isStreamUp) return undefined;
      this.#isStreamUp = true;
      return { kind: 'up' };
    }
    if (input.kind === 'socketClosed' || input.kind === 'socketOpen') {
      this.#isStreamUp = false;
      return { kind: 'down' };
    }
    const askedAt = this.#listsAsked.get(input.requestId);
    this.#listsAsked.delete(input.requestId);
    const isRead = input.kind === 'httpResponse' && input.status < LEAST_REFUSAL;
    if (askedAt === undefined || !isRead) return undefined;
    return { kind: 'list', askedAt, orders: this.#newsIn(input.body) };
  }

  onClock(at: At, session: SessionTimes): void {
    this.#at = at;
    if (at.wall >= this.beat()) this.#beatenAt = at.wall;
    this.#venue.trade(at, session);
  }

  onQuote({ index, bid, ask, bidSize, askSize }: QuoteInput, listing: ChainListing): void {
    this.#venue.quote(listing.contracts[index], { bid, ask, bidSize, askSize });
  }

  /** The venue trades by its clock. */
  onBatchEnd(): void {}

  onSend(effect: WireEffect, at: At): void {
    this.#at = at;
    if (effect.kind === 'socketSend') {
      this.#saidAt = at.wall;
      this.#socket.say(effect.text, at);
    } else if (effect.kind === 'socketReset') this.#socket.close(effect.reason, at);
    else if (effect.kind === 'loginDoubted') this.#venue.forgetLogin?.();
    else {
      if (effect.method !== 'GET') this.#stir();
      if (this.#venue.listsOrders(effect)) this.#listsAsked.set(effect.requestId, at.wall);
      const became = this.#turns.ask(effect, at);
      if (became === 'go') this.#leave(effect);
      else if (became === 'refused') this.#refuse(effect);
    }
  }

  #leave(send: HttpSend): void {
    const isDrilled = this.#venue.nameOf(send) !== undefined && this.#takes('unknownNext');
    this.#wires.send({ send }, this.#at, isDrilled ? 'lostAnswer' : undefined);
  }

  #refuse({ requestId }: HttpSend): void {
    const reason = 'not sent: the requests that the broker allows are used up, but for exits';
    this.#wires.tell({ kind: 'httpFailed', requestId, reason, neverSent: true }, this.#at.wall);
  }

  /** What waited for a turn of the account has it now, or waited for too long. */
  #takeTurns(): void {
    const next = this.#turns.next();
    if (next === undefined || next > this.#at.wall) return;
    const { go, refused } = this.#turns.due(this.#at);
    for (const send of go) this.#leave(send);
    for (const { request } of refused) this.#refuse(request);
  }

  onCrash(at: At): void {
    this.#at = at;
    this.#wires.onCrash();
    this.#turns.onCrash();
    this.#listsAsked.clear();
    this.#isStreamUp = false;
    this.#socket.onCrash();
    this.#venue.forgetLogin?.();
  }

  #serve(send: HttpSend): WireReply {
    const name = this.#venue.nameOf(send);
    const ofChange = REFUSED_CHANGES[send.method];
    const isDrilled =
      (ofChange !== undefined && this.#takes(ofChange)) ||
      (name !== undefined && this.#takes('rejectNext'));
    const reply = isDrilled ? this.#venue.refusal : this.#venue.serve(send);
    if (name === undefined) return reply;
    this.#options.ear.onArrival(intentIdOf(name), name, reply.status < LEAST_REFUSAL);
    return reply;
  }

  #tell(text: string): void {
    const tellsFill = this.#venue.tellsFill(text);
    if (tellsFill) this.#stir();
    if (tellsFill && this.#takes('dropFillEvents')) return;
    this.#socket.tell(text, this.#at);
  }

  /** True as often as the fault has it. */
  #takes(knob: keyof Drill): boolean {
    if (this.#drill[knob] <= 0) return false;
    this.#drill[knob] -= 1;
    return true;
  }

  #stir(micros = BUSY_FOR_MICROS): void {
    this.#busyUntil = Math.max(this.#busyUntil, addMicros(this.#at.wall, micros));
  }
}

/** The adapter has something to mend: a request that failed, a stream that broke. */
function isUnrest(input: WireInput): boolean {
  return input.kind === 'httpResponse' ? input.status >= 300 : input.kind !== 'socketFrame';
}
