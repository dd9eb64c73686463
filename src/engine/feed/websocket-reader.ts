/**
 * The receiving end of a WebSocket client (RFC 6455, version 13, no extensions), without a socket.
 *
 *     byte 0            byte 1              then
 *    +---+-----+------+----+-----------+---------------------------+---------+
 *    |FIN| RSV |opcode|MASK| length    | 16 or 64 bit length where  | payload |
 *    | 1 |  3  |  4   | 1  | 7 (≤ 125) | the 7 bits say 126 or 127  |         |
 *    +---+-----+------+----+-----------+---------------------------+---------+
 *
 * One connection's own. It is given the bytes as they come, in a buffer that is used again for the
 * next ones, and hands messages over in place wherever they are whole in it: only a frame cut by the
 * end of a read is copied, and only a fragmented message put together. In steady state it allocates
 * nothing.
 *
 * Text is handed over as bytes and not checked to be UTF-8: the decoder knows its frames by ASCII
 * alone, and whatever else is in them is decoded with replacement characters.
 */
import type { FrameBytes } from './byte-frame-decoder.ts';

/** Longest message taken, over all its fragments. Snapshots are large; nothing honest is larger. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const MAX_CONTROL_BYTES = 125;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_HEADER_BYTES = 10;
const FIRST_CARRY_BYTES = 64 * 1024;

const FIN = 0x80;
const RESERVED = 0x70;
const OPCODE = 0x0f;
const MASK = 0x80;
const LENGTH = 0x7f;

export const OPCODE_CONTINUATION = 0;
export const OPCODE_TEXT = 1;
export const OPCODE_BINARY = 2;
export const OPCODE_CLOSE = 8;
export const OPCODE_PING = 9;
export const OPCODE_PONG = 10;

/** Close codes of RFC 6455 that this end uses or reads. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_PROTOCOL_ERROR = 1002;
export const CLOSE_NO_STATUS = 1005;
export const CLOSE_TOO_BIG = 1009;

/** Where what was received goes. Called synchronously; bytes are valid during the call only. */
export interface WebSocketSink {
  /** A whole text message; a binary one comes the same way, and is no frame of any protocol here. */
  message(frame: FrameBytes): void;
  /** A ping: to be answered with a pong of the same payload. */
  ping(payload: Uint8Array): void;
  /** The server's farewell. Nothing comes after it. */
  closed(code: number, reason: string): void;
  /** The server broke the protocol or a limit: close with this code. Nothing comes after it. */
  broken(code: number, reason: string): void;
}

/** A frame's payload length and where it begins, behind the frame's first byte. */
interface Header {
  bytes: number;
  payload: number;
}

export class WebSocketReader {
  private readonly sink: WebSocketSink;
  private readonly header: Header = { bytes: 0, payload: 0 };
  private readonly message = { bytes: new Uint8Array(0) as Uint8Array, start: 0, end: 0 };
  /** The beginning of a frame whose end has not come. */
  private carry: Uint8Array = new Uint8Array(FIRST_CARRY_BYTES);
  private carried = 0;
  /** The fragments of a message so far. */
  private parts: Uint8Array = new Uint8Array(0);
  private partBytes = 0;
  private isFragmented = false;
  private isOver = false;

  constructor(sink: WebSocketSink) {
    this.sink = sink;
  }

  /** Takes nothing more. */
  stop(): void {
    this.isOver = true;
  }

  /** Takes received bytes from `start` to `end`. */
  push(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end && !this.isOver) {
      if (this.carried > 0) at = this.topUp(bytes, at, end);
      else {
        const size = this.frameSize(bytes, at, end);
        if (size === 0 || at + size > end) {
          this.keep(bytes, at, end);
          return;
        }
        this.frame(bytes, at, size);
        at += size;
      }
    }
  }

  /** Bytes of the frame at `at`; 0 while its header is not whole, or where it is refused. */
  private frameSize(bytes: Uint8Array, at: number, end: number): number {
    const { header } = this;
    if (end - at < 2) return 0;
    const short = (bytes[at + 1] ?? 0) & LENGTH;
    header.bytes = short === LENGTH_16 ? 4 : short === LENGTH_64 ? MAX_HEADER_BYTES : 2;
    if (end - at < header.bytes) return 0;
    header.payload = short;
    if (short >= LENGTH_16) {
      header.payload = 0;
      for (let i = 2; i < header.bytes; i += 1) {
        header.payload = header.payload * 256 + (bytes[at + i] ?? 0);
      }
    }
    return this.isProper(bytes[at] ?? 0, bytes[at + 1] ?? 0) ? header.bytes + header.payload : 0;
  }

  /** Judges a header. What breaks the protocol ends the connection here. */
  private isProper(first: number, second: number): boolean {
    const opcode = first & OPCODE;
    const isControl = opcode >= OPCODE_CLOSE;
    const { payload } = this.header;
    if ((first & RESERVED) !== 0) this.refuse(CLOSE_PROTOCOL_ERROR, 'reserved bits are set');
    else if ((second & MASK) !== 0) this.refuse(CLOSE_PROTOCOL_ERROR, 'a server frame is masked');
    else if (opcode > OPCODE_PONG || (opcode > OPCODE_BINARY && !isControl)) {
      this.refuse(CLOSE_PROTOCOL_ERROR, `unknown opcode ${opcode}`);
    } else if (isControl && ((first & FIN) === 0 || payload > MAX_CONTROL_BYTES)) {
      this.refuse(CLOSE_PROTOCOL_ERROR, 'a control frame is long or fragmented');
    } else if (payload > MAX_MESSAGE_BYTES) {
      this.refuse(CLOSE_TOO_BIG, `a frame of ${payload} bytes`);
    }
    return !this.isOver;
  }

  private refuse(code: number, reason: string): void {
    this.isOver = true;
    this.sink.broken(code, reason);
  }

  private keep(bytes: Uint8Array, at: number, end: number): void {
    if (this.isOver) return;
    this.carry = roomFor(this.carry, this.carried, end - at);
    this.carry.set(bytes.subarray(at, end), this.carried);
    this.carried += end - at;
  }

  /** Adds bytes to the frame carried over, as many as it lacks, and takes it once it is whole.
   * Returns the place behind those used. */
  private topUp(bytes: Uint8Array, at: number, end: number): number {
    const known = this.frameSize(this.carry, 0, this.carried);
    if (this.isOver) return end;
    const lacking = known === 0 ? 1 : known - this.carried;
    const used = Math.min(lacking, end - at);
    this.keep(bytes, at, at + used);
    if (known > 0 && this.carried === known) this.takeCarried(known);
    else if (known === 0) {
      const size = this.frameSize(this.carry, 0, this.carried);
      if (size > 0 && size === this.carried) this.takeCarried(size);
    }
    return at + used;
  }

  private takeCarried(size: number): void {
    this.carried = 0;
    this.frame(this.carry, 0, size);
  }

  /** Takes a whole frame whose header has just been read. */
  private frame(bytes: Uint8Array, at: number, size: number): void {
    const first = bytes[at] ?? 0;
    const start = at + this.header.bytes;
    const end = at + size;
    switch (first & OPCODE) {
      case OPCODE_PING:
        this.sink.ping(bytes.subarray(start, end));
        return;
      case OPCODE_PONG:
        return;
      case OPCODE_CLOSE:
        this.farewell(bytes, start, end);
        return;
      default:
        this.data(first, bytes, start, end);
    }
  }

  private data(first: number, bytes: Uint8Array, start: number, end: number): void {
    const isContinuation = (first & OPCODE) === OPCODE_CONTINUATION;
    const isLast = (first & FIN) !== 0;
    if (isContinuation !== this.isFragmented) {
      this.refuse(CLOSE_PROTOCOL_ERROR, 'fragments of two messages are mixed');
    } else if (isLast && !isContinuation) {
      this.hand(bytes, start, end);
    } else {
      this.addPart(bytes.subarray(start, end));
      this.isFragmented = !isLast;
      if (!isLast || this.isOver) return;
      const length = this.partBytes;
      this.partBytes = 0;
      this.hand(this.parts, 0, length);
    }
  }

  private addPart(part: Uint8Array): void {
    if (this.partBytes + part.length > MAX_MESSAGE_BYTES) {
      this.refuse(CLOSE_TOO_BIG, `a message of more than ${MAX_MESSAGE_BYTES} bytes`);
      return;
    }
    this.parts = roomFor(this.parts, this.partBytes, part.length);
    this.parts.set(part, this.partBytes);
    this.partBytes += part.length;
  }

  private hand(bytes: Uint8Array, start: number, end: number): void {
    const { message } = this;
    message.bytes = bytes;
    message.start = start;
    message.end = end;
    this.sink.message(message);
  }

  private farewell(bytes: Uint8Array, start: number, end: number): void {
    this.isOver = true;
    const hasCode = end - start >= 2;
    const code = hasCode ? (bytes[start] ?? 0) * 256 + (bytes[start + 1] ?? 0) : CLOSE_NO_STATUS;
    const reason = hasCode ? Buffer.from(bytes.subarray(start + 2, end)).toString('utf8') : '';
    this.sink.closed(code, reason);
  }
}

/** `buffer`, or a larger copy of its first `used` bytes where `more` would not fit. */
function roomFor(buffer: Uint8Array, used: number, more: number): Uint8Array {
  if (used + more <= buffer.length) return buffer;
  const larger = new Uint8Array(Math.max(used + more, 2 * buffer.length));
  larger.set(buffer.subarray(0, used));
  return larger;
}
