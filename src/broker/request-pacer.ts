/**
 * How often one account may ask its broker: any number of threads, each with a pacer of its own over
 * one shared memory, take turns from it without a lock. Pure: time is an argument, in microseconds of
 * a clock that is one for all threads and never steps back.
 *
 * A turn is a slot, and a slot is its own clock: it holds the moment at which it was last taken, and
 * may be taken again one window later. So whatever the threads do between each other, no stretch of a
 * window holds more requests than there are slots. Who may use which slots is what keeps the way out
 * free: each kind of request may use the first so many, and those after them are for the kinds before
 * it alone. A cancel can be made to wait by cancels and exits, never by what reads, nor by closes whose
 * limits follow the market: what finishes a move takes of the slots of moves first.
 *
 *     byte 0    rest until        i64, microseconds; 0 = none
 *     byte 8    refusals in a row i64
 *     byte 16   slots of the first ceiling, i64 each: when last taken; 0 = never
 *     …         slots of the second ceiling, and so on
 *
 *     slots of `all` at Alpaca   0 ──── 50 ──── 140 ─── 160 ─── 180 ─── 200
 *       look  (what faces ask)   ███████
 *       read  (the own books)    ██████████████
 *       entry (what opens)       ██████████████████████
 *       move  (a close's limit)  ██████████████████████
 *       search (an open fate)    ██████████████████████████████
 *       exit  (cancels, closes)  ██████████████████████████████████████
 *       finish (of a move)       ██████████████████████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒   ▒ once the others are used up
 */

/** `finish`: the order in place of one that a move has cancelled · `exit`: cancels, closing orders, and the
 * login that both need · `search`: looks for an order whose fate is open · `move`: begins to move the
 * limit of a close, and goes at once or not at all · `entry`: what opens or increases, and goes so too ·
 * `read`: what the engine's own books are compared with · `look`: what a face asked. */
export type Turn = 'finish' | 'exit' | 'search' | 'move' | 'entry' | 'read' | 'look';

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
  /** Of `limit`, how many a kind may use; all where it is not named. */
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

  /** The last slots first: those that the fewest kinds may use. What finishes a move leaves those behind the
   * slots of moves to the end. */
  #takeSlot({ ceiling, first }: Laid, turn: Turn, now: number): Taken | number {
    const { limit, windowMicros, shares, looksAfterMicros } = ceiling;
    const window = turn === 'look' ? (looksAfterMicros ?? windowMicros) : windowMicros;
    const most = shares?.[turn] ?? limit;
    const last = turn === 'finish' ? (shares?.move ?? limit) : most;
    let wait = window;
    for (let place = 1; place <= most; place += 1) {
      const slot = first + ((last - place + limit) % limit);
      const before = Atomics.load(this.#words, slot);
      const left = before === 0n ? 0 : Number(before) + window - now;
      if (left > 0) wait = Math.min(wait, left);
      else if (Atomics.compareExchange(this.#words, slot, before, BigInt(now)) === before) {
        return { slot, before };
      }
    }
    return wait;
  }
}
