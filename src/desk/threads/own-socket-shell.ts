/** The feed's socket on own framing: bytes are read where the kernel put them, into one buffer. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  CLOSE_NO_STATUS,
  CLOSE_NORMAL,
  OPCODE_CLOSE,
  OPCODE_PONG,
  OPCODE_TEXT,
  WebSocketReader,
} from '../../engine/feed/websocket-reader.ts';
import {
  clientFrame,
  closePayload,
  upgradeFault,
  upgradeRequest,
} from '../../engine/feed/websocket-writer.ts';
import type { FeedSocket, FeedSocketEvents } from './feed-socket.ts';

/** The one receive buffer of a connection. */
const READ_BYTES = 256 * 1024;
/** Longest head of an answer to the upgrade. */
const MAX_HEAD_BYTES = 16 * 1024;
/** A server that takes nothing of what is sent is given up. */
const MAX_UNSENT_BYTES = 1024 * 1024;
const KEY_BYTES = 16;
const MASK_BYTES = 4;
const TCP_KEEPALIVE_MILLIS = 30_000;
const HEAD_END = '\r\n\r\n';
const USER_AGENT = 'deltaring';
const NO_FAREWELL = '1006';

/** Opens a websocket over TCP (`ws:`) or TLS (`wss:`). */
export function openOwnSocket(url: string, events: FeedSocketEvents): FeedSocket {
  return new OwnSocket(new URL(url), events);
}

class OwnSocket implements FeedSocket {
  readonly #url: URL;
  readonly #events: FeedSocketEvents;
  readonly #socket: Socket;
  readonly #key = randomBytes(KEY_BYTES).toString('base64');
  readonly #reader: WebSocketReader;
  /** What came of the answer to the upgrade; undefined once the websocket is open. */
  #head: Buffer | undefined = Buffer.alloc(0);
  #isOver = false;

  constructor(url: URL, events: FeedSocketEvents) {
    this.#url = url;
    this.#events = events;
    this.#reader = new WebSocketReader({
      message: (frame) => this.#events.frame(frame),
      ping: (payload) => this.#frame(OPCODE_PONG, payload),
      closed: (code, reason) => {
        this.#frame(OPCODE_CLOSE, closePayload(code === CLOSE_NO_STATUS ? CLOSE_NORMAL : code));
        this.#gone(`${code} ${reason}`.trim());
      },
      broken: (code, reason) => {
        this.#frame(OPCODE_CLOSE, closePayload(code));
        this.#gone(`${code} ${reason}`);
      },
    });
    this.#socket = this.#connect();
  }

  #connect(): Socket {
    const { protocol, hostname, port } = this.#url;
    const isTls = protocol === 'wss:';
    const to = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (isTls ? 443 : 80),
      onread: {
        buffer: Buffer.alloc(READ_BYTES),
        callback: (count: number, bytes: Uint8Array) => {
          this.#received(bytes, count);
          return true;
        },
      },
    };
    const request = upgradeRequest(this.#url, this.#key, USER_AGENT);
    const ready = (): void => void socket.write(request);
    const socket = isTls
      ? connectTls({ ...to, ALPNProtocols: ['http/1.1'] }, ready)
      : connect(to, ready);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEPALIVE_MILLIS);
    socket.on('error', (error) => this.#gone(error.message));
    socket.on('close', () => this.#gone(NO_FAREWELL));
    socket.on('end', () => this.#gone(NO_FAREWELL));
    return socket;
  }

  #received(bytes: Uint8Array, count: number): void {
    if (this.#isOver) return;
    if (this.#head === undefined) this.#read(bytes, 0, count);
    else this.#answered(this.#head, bytes.subarray(0, count));
  }

  #read(bytes: Uint8Array, start: number, end: number): void {
    this.#reader.push(bytes, start, end);
    this.#events.readEnd();
  }

  /** Takes the answer to the upgrade; what follows it in the same bytes are frames already. */
  #answered(before: Buffer, bytes: Uint8Array): void {
    const head = Buffer.concat([before, bytes]);
    const end = head.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = head;
      if (head.length > MAX_HEAD_BYTES) this.#gone('the answer to the upgrade has no end');
      return;
    }
    const fault = upgradeFault(head.toString('latin1', 0, end), this.#key);
    if (fault !== undefined) {
      this.#gone(fault);
      return;
    }
    this.#head = undefined;
    this.#events.opened();
    if (!this.#isOver) this.#read(head, end + HEAD_END.length, head.length);
  }

  send(text: string): void {
    if (this.#head === undefined) this.#frame(OPCODE_TEXT, Buffer.from(text, 'utf8'));
  }

  #frame(opcode: number, payload: Uint8Array): void {
    if (this.#isOver) return;
    this.#socket.write(clientFrame(opcode, payload, randomBytes(MASK_BYTES)));
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.#gone('the server takes nothing of what is sent');
    }
  }

  close(): void {
    if (this.#head === undefined) this.#frame(OPCODE_CLOSE, closePayload(CLOSE_NORMAL));
    this.#end();
  }

  #gone(reason: string): void {
    if (this.#isOver) return;
    this.#end();
    this.#events.gone(reason);
  }

  #end(): void {
    this.#isOver = true;
    this.#reader.stop();
    this.#socket.destroySoon();
  }
}
