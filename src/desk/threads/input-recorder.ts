/** Records the desk's inputs: those of the market together, by the batch. */
import { type ByteRingWriter, LENGTH_BYTES, paddedBytes } from '../../audit/spsc-byte-ring.ts';
import { encodeInput } from '../input-codec.ts';
import type { Input } from '../inputs.ts';
import { type MarketInput, MOST_MARKET_BYTES, writeMarketInput } from '../market-input-codec.ts';

/** Some hundred events: what a batch has, mostly. */
const HELD_BYTES = 16 * 1024;

/**
 * Core thread only. An event of the market is held in private memory, as it will lie in the ring, and
 * goes there with the next `flush`: one copy and one step of the ring for many. Its caller flushes
 * before anything that an input led to leaves the thread, so that what the recording lacks after a
 * crash has had no effect. Events of the market allocate nothing.
 */
export class InputRecorder {
  readonly #ring: ByteRingWriter;
  readonly #memory = new ArrayBuffer(HELD_BYTES);
  readonly #held = Buffer.from(this.#memory);
  readonly #view = new DataView(this.#memory);
  readonly #lengths = new Int32Array(this.#memory);
  #bytes = 0;
  #events = 0;
  #dropped = 0;

  constructor(ring: ByteRingWriter) {
    this.#ring = ring;
  }

  /** Inputs that the ring had no room for since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Takes an event of the market. */
  hold(input: MarketInput): void {
    if (this.#bytes + paddedBytes(MOST_MARKET_BYTES) > HELD_BYTES) this.flush();
    const length = writeMarketInput(this.#view, this.#bytes + LENGTH_BYTES, input);
    this.#lengths[this.#bytes / LENGTH_BYTES] = length;
    this.#bytes += paddedBytes(length);
    this.#events += 1;
  }

  /** Records any other input, behind what is held. */
  write(input: Input): void {
    this.flush();
    if (!this.#ring.write(encodeInput(input))) this.#dropped += 1;
  }

  /** Records what is held. */
  flush(): void {
    if (this.#events === 0) return;
    if (!this.#ring.writeMany(this.#held, this.#bytes)) this.#dropped += this.#events;
    this.#bytes = 0;
    this.#events = 0;
  }
}
