/** Listens on loopback, keeps what processes of the scripted day said, line by line, until the very byte at
 * which one died, and answers them as their broker. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server } from 'node:net';
import type { At } from '../../../src/engine/domain/clock.ts';
import type { AccountFacts, Ask } from './far-account.ts';
import { FarAccount } from './far-account.ts';

/** What one process said, sorted by kind. */
export interface Said {
  readonly answers: readonly string[];
  readonly knows: readonly string[];
  /** Executions in its book. */
  readonly fills: readonly string[];
  /** The highest record that was called durable. */
  readonly durable: number;
  /** What it did last to the kill, or at its end what it has of it. */
  readonly kill: string | undefined;
  /** What it did last to the kill latch on disk. */
  readonly latch: string | undefined;
  /** Checkpoints of the sealed log that were told, by their number. */
  readonly sealed: readonly { readonly checkpoint: number; readonly root: string }[];
  /** What it holds, and what its broker said of that at the same moment. */
  readonly books: readonly { readonly desk: string; readonly account: string }[];
  readonly end: string | undefined;
}

/** A line, and what the account held when it came. */
interface Heard {
  readonly line: string;
  readonly account: string;
}

function wordsOf(heard: readonly Heard[], kind: string): readonly string[] {
  return heard
    .filter(({ line }) => line.startsWith(`${kind} `))
    .map(({ line }) => line.slice(kind.length + 1));
}

export function saidIn(heard: readonly Heard[]): Said {
  return {
    answers: wordsOf(heard, 'answer'),
    knows: wordsOf(heard, 'knows').flatMap((ids) => ids.split(' ')),
    fills: wordsOf(heard, 'fills').flatMap((ids) => ids.split(' ')),
    durable: Math.max(0, ...wordsOf(heard, 'durable').map(Number)),
    kill: wordsOf(heard, 'kill').at(-1),
    latch: wordsOf(heard, 'latch').at(-1),
    sealed: wordsOf(heard, 'sealed').map((words) => {
      const [checkpoint, root = ''] = words.split(' ');
      return { checkpoint: Number(checkpoint), root };
    }),
    books: heard.flatMap(({ line, account }) =>
      wordsOf([{ line, account }], 'holds').map((desk) => ({ desk, account })),
    ),
    end: wordsOf(heard, 'end')[0],
  };
}

/** One process at a time. */
export class Witness {
  readonly #server: Server;
  #account = new FarAccount();
  #heard: Heard[] = [];
  #ended: Promise<void> = Promise.resolve();
  #held: ((greet: () => void) => void) | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#attend(socket));
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

  /** Another account, for a day that begins. */
  begin(): void {
    this.#account = new FarAccount();
  }

  /** The next process that connects waits for its greeting, which this resolves with. */
  hold(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<() => void>();
    this.#held = resolve;
    return promise;
  }

  /** What the process said that has just ended. */
  async take(): Promise<Said> {
    await this.#ended;
    const said = saidIn(this.#heard);
    this.#heard = [];
    return said;
  }

  /** The account, behind all processes so far. */
  facts(): AccountFacts {
    return this.#account.facts();
  }

  close(): void {
    this.#server.close();
  }

  #attend(socket: Socket): void {
    const account = this.#account;
    let text = '';
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      // Whole lines count only: a line that was cut did not arrive.
      const lines = (text + bytes.toString('utf8')).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.#hear(account, line);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    socket.on('close', () => {
      account.disconnect();
      resolve();
    });
    const greet = (): void => account.connect((told) => socket.write(`${JSON.stringify(told)}\n`));
    const held = this.#held ?? ((next: () => void) => next());
    this.#held = undefined;
    held(greet);
  }

  #hear(account: FarAccount, line: string): void {
    if (line.startsWith('ask ')) account.ask(parsed<Ask>(line));
    else if (line.startsWith('tick ')) account.tick(parsed<At>(line));
    else this.#heard.push({ line, account: account.holdings });
  }
}

function parsed<T>(line: string): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by broker-line.ts
  return JSON.parse(line.slice(line.indexOf(' ') + 1)) as T;
}
