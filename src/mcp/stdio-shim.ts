/**
 * The client's side of `deltaring mcp`: joins the running engine and passes bytes between it and
 * this process's stdin and stdout. Hosts start it at will and kill it at will; it holds nothing.
 */
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { Config } from '../config.ts';
import type { ClientRights } from '../engine/domain/client-rights.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { AskedSettings } from './asked-settings.ts';
import { connectToEngine } from './engine-connection.ts';
import type { ExpectedEngine, Hello } from './hello.ts';
import { helloTo } from './hello.ts';

/** The host ended the conversation. */
const EXIT_DONE = 0;
/** The engine could not be joined. */
export const EXIT_NOT_JOINED = 2;
/** The engine went away while joined. */
const EXIT_ENGINE_LOST = 4;

const END_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface JoinOptions {
  readonly config: Pick<Config, 'DELTARING_TOOLSETS' | 'DELTARING_READ_ONLY'>;
  /** What this client asks to be held to: it can narrow its rights, never widen them. */
  readonly rights: ClientRights;
  /** What it was told besides, where it was told anything. */
  readonly asked?: AskedSettings;
  readonly identity: ExpectedEngine;
  /** Resolves with the socket path of an engine that is ready, starting one where none runs. */
  readonly ensureEngine: () => Promise<string>;
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
}

/** Joins and pipes until either side ends. Resolves with the exit code; never rejects. */
export async function joinEngine(options: JoinOptions): Promise<number> {
  const { config, rights, asked, identity, ensureEngine, stderr = process.stderr } = options;
  try {
    const path = await ensureEngine();
    const hello: Hello = {
      ...helloTo(identity, 'mcp'),
      toolsets: [...config.DELTARING_TOOLSETS],
      readOnly: config.DELTARING_READ_ONLY,
      ...rights,
      ...asked,
    };
    const socket = await connectToEngine(path, hello, (notice) =>
      stderr.write(`deltaring mcp: ${notice}\n`),
    );
    return await pipe(socket, options);
  } catch (error) {
    const message = error instanceof DeltaringError ? error.message : String(error);
    stderr.write(`deltaring mcp: ${message}\n`);
    return EXIT_NOT_JOINED;
  }
}

function pipe(socket: Socket, options: JoinOptions): Promise<number> {
  const { stdin = process.stdin, stdout = process.stdout, stderr = process.stderr } = options;
  return new Promise((resolve) => {
    let isDone = false;
    const done = (): void => {
      isDone = true;
      socket.destroy();
    };
    stdin.once('end', () => {
      isDone = true;
    });
    stdin.once('error', done);
    stdout.once('error', done);
    socket.on('error', () => undefined);
    for (const signal of END_SIGNALS) process.once(signal, done);
    socket.once('close', () => {
      for (const signal of END_SIGNALS) process.off(signal, done);
      stdin.unpipe(socket);
      stdin.pause();
      if (!isDone) {
        stderr.write('deltaring mcp: the engine went away; start it again and reconnect\n');
      }
      resolve(isDone ? EXIT_DONE : EXIT_ENGINE_LOST);
    });
    stdin.pipe(socket);
    socket.on('end', () => socket.end());
    socket.pipe(stdout, { end: false });
  });
}
