/** The account's websocket and its one supervisor: opened again after every end, with jitter. */
import WebSocket from 'ws';
import { backoffMillis } from '../../ops/backoff.ts';

const BOUNDS = { firstMillis: 500, mostMillis: 30_000 };
/** A connection that stood this long was a good one: the next wait is short again. */
const GOOD_AFTER_MILLIS = 60_000;
const HANDSHAKE_MILLIS = 10_000;
const MOST_FRAME_BYTES = 8 * 1024 * 1024;
const MOST_REASON = 200;

/** What the socket tells. */
export interface BrokerSocketEvents {
  opened(): void;
  frame(text: string): void;
  closed(reason: string): void;
}

export interface BrokerSocketOptions {
  readonly url: string;
  readonly events: BrokerSocketEvents;
  /** In [0, 1): how much of a wait chance takes away. */
  jitter(): number;
}

/** Opens at `start` and stays open until `stop`. Core thread only. */
export class BrokerSocket {
  readonly #options: BrokerSocketOptions;
  #socket: WebSocket | undefined;
  #attempt = 0;
  #openedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: BrokerSocketOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#isStopped) return;
    const socket = new WebSocket(this.#options.url, {
      perMessageDeflate: false,
      maxPayload: MOST_FRAME_BYTES,
      handshakeTimeout: HANDSHAKE_MILLIS,
      followRedirects: false,
    });
    this.#socket = socket;
    let reason = 'the socket closed';
    socket.on('open', () => {
      this.#openedAt = performance.now();
      this.#options.events.opened();
    });
    socket.on('message', (data) => {
      if (socket === this.#socket) this.#options.events.frame(textOf(data));
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', (code, text) => {
      this.#onClose(socket, `${reason} (${code} ${String(text)})`.slice(0, MOST_REASON));
    });
  }

  /** Sends where the socket is open; a message to a closed one is lost, and its end has been told. */
  send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /** Gives the connection up without waiting for the other end's farewell. */
  reset(reason: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    socket.terminate();
    this.#onClose(socket, reason);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  #onClose(socket: WebSocket, reason: string): void {
    if (this.#isStopped || socket !== this.#socket) return;
    this.#socket = undefined;
    const stood = this.#openedAt === undefined ? 0 : performance.now() - this.#openedAt;
    if (stood >= GOOD_AFTER_MILLIS) this.#attempt = 0;
    const wait = backoffMillis(this.#attempt, BOUNDS, this.#options.jitter());
    this.#attempt += 1;
    this.#openedAt = undefined;
    this.#timer = setTimeout(() => this.start(), wait);
    this.#options.events.closed(reason);
  }
}

/** Frames may be binary with the same JSON text in them. */
function textOf(data: WebSocket.RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return data instanceof ArrayBuffer ? Buffer.from(data).toString('utf8') : data.toString('utf8');
}
