/**
 * The engine's own socket, for the faces of this machine: `deltaring mcp` and the operator's
 * console. It lies in a folder that only its owner can enter, which is how a caller is known.
 */
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { Settings } from '../config.ts';
import type { EngineApi, EngineIdentity } from '../desk/engine-api.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { Counters } from '../ops/counters.ts';
import { differenceOf } from './asked-settings.ts';
import type { PairingCode } from './console-join.ts';
import { joinConsole } from './console-join.ts';
import type { FaceConfig, FaceRoom } from './face.ts';
import { createFaceRoom, faceSettings } from './face.ts';
import type { HelloReply } from './hello.ts';
import { answerHello, HELLO_PROTOCOL, LONGEST_HELLO_BYTES, readHello } from './hello.ts';
import { readLine } from './line-reader.ts';
import { joinMcp } from './stdio-join.ts';

const HELLO_TIMEOUT_MILLIS = 5_000;
/** Joined clients; every place beyond them is a console's. */
const MOST_MCP_CLIENTS = 48;
/** Some more than both need, so that a client too many connects and is told. */
const MOST_CONNECTIONS = 72;
const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;
const ANY_OTHER = 0o077;
/** `sun_path` of the smallest system (macOS), less its closing zero. */
const LONGEST_PATH_BYTES = 103;

export interface SocketOptions {
  readonly config: FaceConfig & Partial<Settings>;
  readonly api: EngineApi;
  readonly identity: EngineIdentity;
  /** Path of the socket, or the name of a pipe on Windows. */
  readonly path: string;
  /** Asks the whole process to stop in order. */
  readonly shutdown: () => void;
  /** Makes a code with which a client in a browser is let in; undefined where none could be used. */
  readonly pair?: (() => PairingCode) | undefined;
  readonly counters?: Counters;
  /** What the faces of all transports share; its own where left out. */
  readonly room?: FaceRoom;
  /** Takes a line for the engine's log. */
  readonly log: (line: string) => void;
}

export interface ListeningSocket {
  close(): Promise<void>;
}

/** The places of MCP clients. A console needs none of them: its operator must get in however many have joined. */
class McpPlaces {
  #taken = 0;
  #isTold = false;
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** Why one more is not let in, told to the log the first time; undefined where there is a place. */
  refusal(): HelloReply | undefined {
    if (this.#taken < MOST_MCP_CLIENTS) return undefined;
    const message = `${this.#taken} MCP clients have joined this engine, and it takes no more: end some of them (each is a \`deltaring mcp\`) and connect again`;
    if (!this.#isTold) this.#log(`socket: a client was refused: ${message}`);
    this.#isTold = true;
    return { protocol: HELLO_PROTOCOL, ok: false, error: { code: 'TOO_MANY_CLIENTS', message } };
  }

  /** Holds a place for as long as `client` is served. */
  async hold(client: () => Promise<void>): Promise<void> {
    this.#taken += 1;
    try {
      await client();
    } finally {
      this.#taken -= 1;
    }
  }
}

/** Makes sure that nobody else can reach into the socket's folder. */
function prepareFolder(path: string): void {
  if (process.platform === 'win32') return;
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
    throw new DeltaringError(
      'INPUT_INVALID',
      `the socket path ${path} is longer than ${LONGEST_PATH_BYTES} bytes: choose a shorter temporary folder (TMPDIR)`,
    );
  }
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  const { uid, mode } = lstatSync(folder);
  if (uid !== userInfo().uid || (mode & ANY_OTHER) !== 0) {
    throw new DeltaringError(
      'INPUT_INVALID',
      `the folder ${folder} can be entered by others: remove it, or give it to this user alone (chmod 700)`,
    );
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** True where some process answers on the path. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const settle = (answers: boolean): void => {
      probe.destroy();
      resolve(answers);
    };
    probe.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}

/** Listens, taking over a path that a dead engine left behind. */
async function listenAnew(server: Server, path: string): Promise<void> {
  try {
    await listen(server, path);
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!isTaken) throw error;
    if (await isServed(path)) {
      throw new DeltaringError(
        'ENGINE_ALREADY_RUNNING',
        `an engine answers on ${path}: stop it first, or give this one another DELTARING_HOME`,
        error,
      );
    }
    rmSync(path, { force: true });
    await listen(server, path);
  }
  if (process.platform !== 'win32') chmodSync(path, OWNER_ONLY_FILE);
}

/**
 * Opens the socket. Throws ENGINE_ALREADY_RUNNING where another engine answers on the path,
 * INPUT_INVALID where the path cannot be made safe.
 */
export async function listenOnSocket(options: SocketOptions): Promise<ListeningSocket> {
  const { api, config, counters, path } = options;
  const room = options.room ?? createFaceRoom(api, faceSettings(config), counters);
  const hall = { room, places: new McpPlaces(options.log) };
  const sockets = new Set<Socket>();
  prepareFolder(path);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    welcome(options, hall, socket).catch(() => socket.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listenAnew(server, path);
  return {
    close: () =>
      new Promise((resolve) => {
        if (options.room === undefined) room.close();
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

interface Hall {
  readonly room: FaceRoom;
  readonly places: McpPlaces;
}

async function welcome(options: SocketOptions, hall: Hall, socket: Socket): Promise<void> {
  const { room, places } = hall;
  const limits = { longestBytes: LONGEST_HELLO_BYTES, timeoutMillis: HELLO_TIMEOUT_MILLIS };
  const hello = readHello(await readLine(socket, limits));
  const notice = hello && differenceOf(hello, options.config);
  const full = hello?.kind === 'mcp' ? places.refusal() : undefined;
  const reply = full ?? answerHello(hello, options.identity, notice);
  socket.write(`${JSON.stringify(reply)}\n`);
  // Ended on both sides: a client that keeps its own open would keep the place.
  if (!reply.ok || hello === undefined) socket.destroySoon();
  else if (hello.kind === 'console') await joinConsole(options, socket);
  else await places.hold(() => joinMcp(room, { ...hello, notice }, socket));
}
