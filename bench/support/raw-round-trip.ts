/** Bare round trips of given bytes: what is left of a tool call when nobody reads or thinks. */
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';

/** One kept-alive connection's worth of POSTs. */
export class RawHttp {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: URL;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** Posts the bytes and resolves with the length of the answer. */
  post(body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (answer) => {
        let length = 0;
        answer.on('data', (part: Buffer) => {
          length += part.length;
        });
        answer.on('end', () => resolve(length));
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** One connection on a socket that answers each line with as many bytes. */
export class RawSocket {
  readonly #socket: Socket;
  readonly #answerBytes: number;
  #missing = 0;
  #resolve: () => void = () => undefined;

  private constructor(socket: Socket, answerBytes: number) {
    this.#socket = socket;
    this.#answerBytes = answerBytes;
    socket.on('data', (part: Buffer) => {
      this.#missing -= part.length;
      if (this.#missing === 0) this.#resolve();
    });
  }

  static async join(path: string, answerBytes: number): Promise<RawSocket> {
    const socket = connect(path);
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return new RawSocket(socket, answerBytes);
  }

  /** Sends a line and resolves when the whole answer is in. */
  send(line: string): Promise<void> {
    this.#missing = this.#answerBytes;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#socket.write(`${line}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
