/** Listens on loopback and keeps what processes of the scripted day said, line by line, until the
 * very byte at which one died. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';

/** What one process said, sorted by kind. */
export interface Said {
  readonly orders: readonly string[];
  readonly answers: readonly string[];
  readonly knows: readonly string[];
  /** The highest record that was called durable. */
  readonly durable: number;
  readonly end: string | undefined;
}

function wordsOf(lines: readonly string[], kind: string): readonly string[] {
  return lines
    .filter((line) => line.startsWith(`${kind} `))
    .map((line) => line.slice(kind.length + 1));
}

/** Whole lines count only: a line that was cut did not arrive. */
export function saidIn(text: string): Said {
  const lines = text.split('\n').slice(0, -1);
  return {
    orders: wordsOf(lines, 'order'),
    answers: wordsOf(lines, 'answer'),
    knows: wordsOf(lines, 'knows'),
    durable: Math.max(0, ...wordsOf(lines, 'durable').map(Number)),
    end: wordsOf(lines, 'end')[0],
  };
}

/** One process at a time. */
export class Witness {
  readonly #server: Server;
  #text = '';
  #ended: Promise<void> = Promise.resolve();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#ended = once(socket, 'close').then(() => undefined);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        this.#text += bytes.toString('utf8');
      });
    });
  }

  static async listen(): Promise<Witness> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Witness(server);
  }

  get port(): number {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has such an address
    return (this.#server.address() as AddressInfo).port;
  }

  /** What the process said that has just ended; the next one begins anew. */
  async take(): Promise<Said> {
    await this.#ended;
    const said = saidIn(this.#text);
    this.#text = '';
    return said;
  }

  close(): void {
    this.#server.close();
  }
}
