/**
 * How often one account may ask its broker: any number of threads, each with a pacer of its own over
 * one shared memory, take turns from it without a lock. Pure: time is an argument, in microseconds of
 * a clock that is one for all threads and never steps back.
 *
 * A turn is a slot, and a slot is its own clock: it holds the moment at which it was last taken, and
 * may be taken again one window later. So whatever the threads do between each other, no stretch of a
 * window holds more requests than there are slots. When a kind of request goes on is what keeps the way
 * out free: while fewer than so many slots are taken, by whomever. The fewer are left, the fewer kinds go
 * on, looks of faces first to stop: so they make nothing wait that is more urgent, not even where both
 * together want more than there is. A cancel can be made to wait by cancels and exits, never by what reads,
 * nor by closes whose limits follow the market.
 *
 *     byte 0    rest until        i64, microseconds; 0 = none
 *     byte 8    refusals in a row i64
 *     byte 16   slots of the first ceiling, i64 each: when last taken; 0 = never
 *     …         slots of the second ceiling, and so on
 *
 *     slots taken at Alpaca         0 ─── 125 ── 145 ── 150 ── 152 ── 160 ── 180 ── 200
 *       look    (what faces ask)    ███████
 *       picture (the own books)     ██████████████
 *       entry   (what opens)        █████████████████████
 *       read    (on with a picture) ████████████████████████████
 *       move    (a close's limit)   ███████████████████████████████████
 *       search  (an open fate)      ██████████████████████████████████████████
 *       exit, finish (of a move)    █████████████████████████████████████████████████
 */

/** `finish`: the order in place of one that a move has cancelled · `exit`: cancels, closing orders, and the
 * login that both need · `search`: looks for an order whose fate is open · `move`: begins to move the
 * limit of a close, and goes at once or not at all · `entry`: what opens or increases, and goes so too ·
 * `read`: what the engine's own books are compared with · `picture`: begins such a reading of several
 * requests, where all of them have room, for one that is drawn out is disturbed · `look`: what a face asked. */
export type Turn = 'finish' | 'exit' | 'search' | 'move' | 'entry' | 'read' | 'picture' | 'look';

/** What waits for its turn for as long as that takes, and never rests. */
export function isWayOut(turn: Turn): boolean {
  return turn === 'exit' || turn === 'finish';
}

export interface PacedRequest {
  readonly turn: Turn;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
}

/** One published ceiling: `limit` requests in any stretch of `windowMicros`. */
export interface Ceiling {
  readonly limit: number;
  readonly windowMicros: number;
  /** Matches `METHOD path` of the requests that count against it. */
  readonly covers: RegExp;
  /** A kind goes while fewer than so many of `limit` are taken, by whomever; than all where it is not named. */
  readonly shares?: Readonly<Partial<Record<Turn, number>>>;
  /** Looks leave a slot alone for this long instead: a ceiling of one request is mostly for the
   * engine's own reads. */
  readonly looksAfterMicros?: number;
}

/** The ceilings of one broker. The same list on every thread: it is the layout of the memory. */
export type PacePlan = readonly Ceiling[];

const REST_UNTIL = 0;
const REFUSALS = 1;
const HEADER_WORDS = 2;
const WORD_BYTES = 8;
/** The status of an answer that says so. */
export const TOO_MANY_REQUESTS = 429;
const FIRST_REST_MICROS = 2_000_000;
const MOST_REST_MICROS = 60_000_000;

/** Memory for the turns of one account. */
export function createPaceMemory(plan: PacePlan): SharedArrayBuffer {
  const slots = plan.reduce((sum, { limit }) => sum + limit, 0);
  return new SharedArrayBuffer((HEADER_WORDS + slots) * WORD_BYTES);
}

interface Laid {
  readonly ceiling: Ceiling;
  readonly first: number;
}

/** A slot that was taken, and what it held. */
interface Taken {
  readonly slot: number;
  readonly before: bigint;
}

/** One thread's end. */
export class RequestPacer {
  readonly #words: BigInt64Array;
  readonly #laid: readonly Laid[];

  /** Throws `RangeError` on memory that was not made for this plan. */
  constructor(plan: PacePlan, memory: SharedArrayBuffer) {
    this.#words = new BigInt64Array(memory);
    let first = HEADER_WORDS;
    this.#laid = plan.map((ceiling) => {
      const laid = { ceiling, first };
      first += ceiling.limit;
      return laid;
    });
    if (this.#words.length !== first) throw new RangeError('this memory is of another plan');
  }

  /** Takes a turn: 0 = taken, the request goes now. Otherwise nothing is taken, and the answer tells
   * after how many microseconds to ask again. */
  take(request: PacedRequest, now: number): number {
    const rest = isWayOut(request.turn) ? 0 : this.#rest(now);
    if (rest > 0) return rest;
    const text = `${request.method} ${request.path}`;
    const taken: Taken[] = [];
    for (const laid of this.#laid) {
      if (!laid.ceiling.covers.test(text)) continue;
      const got = this.#takeSlot(laid, request.turn, now);
      if (typeof got === 'number') {
        for (const { slot, before } of taken) Atomics.store(this.#words, slot, before);
        return got;
      }
      taken.push(got);
    }
    return 0;
  }

  /** Tells what a request was answered. After a 429 everything but exits rests, longer after each in
   * a row, and never shorter than the broker asks; `jitter` (0 to 1) spreads the end of the rest. */
  onStatus(status: number, now: number, jitter: number, askedMicros = 0): void {
    const words = this.#words;
    const until = Atomics.load(words, REST_UNTIL);
    if (status !== TOO_MANY_REQUESTS) {
      // An answer to what was sent before the rest began says nothing of it.
      if (until <= BigInt(now)) Atomics.store(words, REFUSALS, 0n);
      return;
    }
    if (until > BigInt(now)) {
      const asked = BigInt(now + askedMicros);
      if (asked > until) Atomics.compareExchange(words, REST_UNTIL, until, asked);
      return;
    }
    const inARow = Number(Atomics.load(words, REFUSALS));
    const longest = Math.min(MOST_REST_MICROS, FIRST_REST_MICROS * 2 ** inARow);
    const rest = Math.max(askedMicros, Math.ceil((longest * (1 + jitter)) / 2));
    const next = BigInt(now + rest);
    // Of several threads that are refused at once, one begins the rest.
    const isFirst = Atomics.compareExchange(words, REST_UNTIL, until, next) === until;
    if (isFirst) Atomics.add(words, REFUSALS, 1n);
  }

  #rest(now: number): number {
    return Number(Atomics.load(this.#words, REST_UNTIL)) - now;
  }

  /** Any slot that is free, while fewer are taken than its kind heeds. Threads that count at the same moment
   * may each take the last before that; a slot, and so the ceiling, is one thread's alone. */
  #takeSlot(laid: Laid, turn: Turn, now: number): Taken | number {
    const { limit, windowMicros, shares, looksAfterMicros } = laid.ceiling;
    const window = turn === 'look' ? (looksAfterMicros ?? windowMicros) : windowMicros;
    const most = shares?.[turn] ?? limit;
    const lefts: number[] = [];
    const free: Taken[] = [];
    for (let slot = laid.first; slot < laid.first + limit; slot += 1) {
      const before = Atomics.load(this.#words, slot);
      const left = before === 0n ? 0 : Number(before) + window - now;
      if (left > 0) lefts.push(left);
      else free.push({ slot, before });
    }
    const over = lefts.length - most;
    if (over >= 0) return lefts.toSorted((a, b) => a - b)[over] ?? window;
    const taken = free.find(({ slot, before }) => this.#swap(slot, before, now));
    return taken ?? Math.min(window, ...lefts);
  }

  /** True where no other thread took the slot first. */
  #swap(slot: number, before: bigint, now: number): boolean {
    return Atomics.compareExchange(this.#words, slot, before, BigInt(now)) === before;
  }
}
