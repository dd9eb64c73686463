import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/**
 * What the way to the server does. `cutAnswers`: a request arrives, its answer does not.
 * `doubleRequests`: the server hears everything twice. `doubleAnswers`: the client does.
 */
export type Weather =
  | 'fair'
  | 'down'
  | 'cutAnswers'
  | 'doubleRequests'
  | 'doubleAnswers'
  | { readonly slowMillis: number };

/** A TCP proxy on loopback before a server, whose weather the test makes. */
export class FaultProxy {
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  weather: Weather = 'fair';
  connections = 0;

  constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((client) => this.#serve(client));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return `http://127.0.0.1:${port}`;
  }

  /** Ends the connections that stand, so that the next request meets the new weather. */
  change(weather: Weather): void {
    this.weather = weather;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.change('down');
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #upstream(): Socket {
    return connect(Number(this.#target.port), this.#target.hostname);
  }

  #serve(client: Socket): void {
    this.connections++;
    const { weather } = this;
    if (weather === 'down') {
      client.destroy();
      return;
    }
    const server = this.#upstream();
    const second = weather === 'doubleRequests' ? this.#upstream() : undefined;
    for (const socket of [client, server, second]) this.#track(socket);
    client.on('data', (chunk: Buffer) => {
      this.#after(weather, () => server.write(chunk));
      second?.write(chunk);
    });
    server.on('data', (chunk: Buffer) => this.#answer(weather, client, chunk));
    second?.on('data', () => undefined);
    client.on('close', () => {
      server.destroy();
      second?.destroy();
    });
    server.on('close', () => client.destroy());
  }

  #answer(weather: Weather, client: Socket, chunk: Buffer): void {
    if (weather === 'cutAnswers') {
      client.destroy();
      return;
    }
    if (!client.writable) return;
    client.write(chunk);
    if (weather === 'doubleAnswers') client.write(chunk);
  }

  #after(weather: Weather, act: () => void): void {
    if (typeof weather === 'object') setTimeout(act, weather.slowMillis);
    else act();
  }

  #track(socket: Socket | undefined): void {
    if (socket === undefined) return;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
