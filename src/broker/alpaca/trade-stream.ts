/**
 * The stream of account updates: logging in, listening, and what it tells. It has no heartbeat of its
 * own, so the request to listen is repeated: its answer shows that the other end is alive. Core thread
 * only.
 */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, epochMicrosFromMillis, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { SECRET_MARKS } from '../order-gateway.ts';
import type { Execution, OrderLine } from './order-line.ts';
import { orderFacts, takeBack, takeLeg, takeOrder } from './order-news.ts';
import { readPredecessor } from './order-reading.ts';
import type { AlpacaWorld } from './order-world.ts';
import { refuseChange, tell } from './order-world.ts';
import type { Fields, WireOrder } from './wire-order.ts';
import { isFields, numberIn, parseJson, priceIn, readOrder, textIn } from './wire-order.ts';
import { withdrawalIn } from './withdrawal.ts';

/** The stream that tells of orders. */
const TOLD = 'trade_updates';
const LISTEN = JSON.stringify({ action: 'listen', data: { streams: [TOLD] } });
const AUTHORIZE = JSON.stringify({
  action: 'auth',
  key: SECRET_MARKS.keyId,
  secret: SECRET_MARKS.secretKey,
});
const LISTEN_EVERY_MICROS = 20 * MICROS_PER_SECOND;
/** Two answers in a row that did not come. */
const SILENCE_MICROS = 45 * MICROS_PER_SECOND;

/** Messages of orders that nobody may ever know are not kept for long. */
const MOST_EARLY = 100;

export class TradeStream {
  readonly #world: AlpacaWorld;
  readonly #onListening: () => void;
  #state: 'closed' | 'greeting' | 'listening' = 'closed';
  #heardAt: EpochMicros | undefined;
  #listenAt: EpochMicros | undefined;
  #isTold = false;
  /** What was told of orders that are not known yet, as of a leg before the answer that names its parent. */
  readonly #early: WireOrder[] = [];

  /** `onListening` is called whenever the stream has begun to tell. */
  constructor(world: AlpacaWorld, onListening: () => void) {
    this.#world = world;
    this.#onListening = onListening;
  }

  onOpen(): void {
    this.#state = 'greeting';
    this.#heardAt = this.#world.at.wall;
    this.#listenAt = undefined;
    this.#say(AUTHORIZE);
  }

  onClosed(reason: string): void {
    this.#state = 'closed';
    this.#tellDown(reason);
  }

  onClock(): void {
    if (!this.#isTold) this.#tellDown('the account stream is not connected yet');
    for (const wire of this.#early.splice(0)) this.#hear(wire);
    const { wall } = this.#world.at;
    if (this.#state === 'closed' || this.#heardAt === undefined) return;
    if (wall >= addMicros(this.#heardAt, SILENCE_MICROS)) {
      this.#reset('the account stream went silent');
    } else if (this.#listenAt !== undefined && wall >= this.#listenAt) this.#listen();
  }

  onFrame(text: string): void {
    const frame = parseJson(text);
    if (!isFields(frame) || !isFields(frame['data'])) return;
    this.#heardAt = this.#world.at.wall;
    const { stream, data } = frame;
    if (stream === 'authorization') this.#onAuthorization(data);
    else if (stream === 'listening') this.#onAnswered(data);
    else if (stream === TOLD) this.#onUpdate(data);
  }

  #onUpdate(data: Fields): void {
    const wire = readOrder(data['order']);
    if (wire === undefined) return;
    takeUpdate(this.#world, data, wire);
    this.#hear(wire);
  }

  #hear(wire: WireOrder): void {
    const { lines, witness } = this.#world;
    if (lines.placeOf(wire.id) === undefined) {
      this.#early.push(wire);
      if (this.#early.length > MOST_EARLY) this.#early.shift();
    } else for (const facts of orderFacts(this.#world, wire)) witness.hear(facts);
  }

  #onAuthorization(data: Fields): void {
    if (textIn(data, 'status') === 'authorized') this.#listen();
    else this.#reset('the broker does not take these keys');
  }

  #onAnswered({ streams }: Fields): void {
    if (!Array.isArray(streams) || !streams.includes(TOLD)) {
      this.#reset('the broker does not let the account stream tell of orders');
      return;
    }
    if (this.#state === 'listening') return;
    this.#state = 'listening';
    this.#isTold = true;
    this.#early.length = 0;
    this.#world.witness.begin(this.#world.at);
    tell(this.#world, { kind: 'connection', connected: true, detail: 'the account stream tells' });
    this.#onListening();
  }

  #listen(): void {
    this.#listenAt = addMicros(this.#world.at.wall, LISTEN_EVERY_MICROS);
    this.#say(LISTEN);
  }

  #reset(reason: string): void {
    this.#state = 'closed';
    this.#world.out.push({ kind: 'socketReset', reason });
    this.#tellDown(reason);
  }

  #tellDown(detail: string): void {
    this.#isTold = true;
    this.#world.witness.end();
    tell(this.#world, { kind: 'connection', connected: false, detail });
  }

  #say(text: string): void {
    this.#world.out.push({ kind: 'socketSend', text });
  }
}

/** An update that takes something back tells of no execution by itself: its totals show what stands. */
function executionIn(data: Fields, symbolOf: WireOrder['legs']): Execution | undefined {
  const id = textIn(data, 'execution_id');
  const price = priceIn(data, 'price');
  const quantity = numberIn(data, 'qty');
  const [leg] = symbolOf;
  if (id === undefined || price === undefined || quantity === undefined) return undefined;
  if (withdrawalIn(data) !== undefined) return undefined;
  if (leg === undefined || symbolOf.length > 1) return undefined;
  return { id, symbol: instrumentSymbol(leg.instrument), quantity, price };
}

/** What was refused is the change that is under way, or was one that is over. */
function takeRefusal(world: AlpacaWorld, line: OrderLine, event: string): void {
  const { change } = line;
  const isOfLimit = event === 'order_replace_rejected';
  if (change === undefined || (change.kind === 'amend') !== isOfLimit) return;
  refuseChange(world, line, `the broker says ${event.replaceAll('_', ' ')}`);
}

/** When it happened by the broker's clock, where that lies in the session and is past. */
function happenedAt({ at, session }: AlpacaWorld, data: Fields): EpochMicros | undefined {
  const millis = Date.parse(textIn(data, 'timestamp') ?? '');
  if (session === undefined || Number.isNaN(millis)) return undefined;
  const told = epochMicrosFromMillis(millis);
  return told >= session.open && told <= at.market ? told : undefined;
}

/** One update of the account. Events that only say that something was asked change nothing. */
function takeUpdate(world: AlpacaWorld, data: Fields, wire: WireOrder): void {
  const event = textIn(data, 'event') ?? '';
  const place = world.lines.placeOf(wire.id);
  const withdrawal = withdrawalIn(data);
  const execution = executionIn(data, wire.legs);
  const heard = { execution, at: happenedAt(world, data) };
  if (world.lines.lacksPredecessor(wire)) {
    readPredecessor(world, wire);
    world.catchUp();
  } else if (withdrawal !== undefined && place !== undefined) {
    takeBack(world, place, wire, withdrawal);
  } else if (event === 'order_replace_rejected' || event === 'order_cancel_rejected') {
    if (place !== undefined) takeRefusal(world, place.line, event);
  } else if (place !== undefined && place.order.id !== wire.id) {
    const [leg] = wire.legs;
    if (leg !== undefined && execution !== undefined) takeLeg(world, place, leg, heard);
  } else if (takeOrder(world, wire, heard) === undefined) world.catchUp();
}
