/** The same bytes posted again and again on one warm connection: what is left of an order once nobody
 * thinks, records or builds a request. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { check } from './bench.ts';
import type { BareOrder } from './broker-stubs.ts';

export class BarePost {
  readonly #server: Server;
  readonly #socket: Socket;
  readonly #bytes: Buffer;

  private constructor(server: Server, socket: Socket, bytes: Buffer) {
    this.#server = server;
    this.#socket = socket;
    this.#bytes = bytes;
  }

  /** Connected to a server of its own, which answers at once and keeps nothing. */
  static async of({ url, headers, body }: BareOrder): Promise<BarePost> {
    const server = createServer((request, response) => {
      request.resume();
      request.once('end', () => response.end('{}'));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const head = [
      `POST ${new URL(url).pathname} HTTP/1.1`,
      `host: 127.0.0.1:${port}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    return new BarePost(server, socket, Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`));
  }

  /** Hands all bytes to the socket within this call. */
  write(): void {
    this.#socket.write(this.#bytes);
    check(this.#socket.writableLength === 0, 'the whole bare request is with the socket');
  }

  /** Resolves with the answer to what was written. */
  async answered(): Promise<void> {
    await once(this.#socket, 'data');
  }

  close(): void {
    this.#socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
