/** `deltaring serve`: the engine with all faces, until a signal ends it. */
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import type { Config } from '../config.ts';
import { createFaceRoom, faceSettings } from '../mcp/face.ts';
import { type ListeningSocket, listenOnSocket } from '../mcp/socket-server.ts';
import { type RunningHttp, startHttp } from '../web/http-server.ts';
import { PairingDesk } from '../web/oauth/pairing.ts';
import { readTradeCardHtml } from '../web/trade-card-page.ts';
import { VERSION } from './build-info.ts';
import { type EngineHost, startEngine, within } from './engine-host.ts';
import { linesToStandardError } from './log-lines.ts';

const EXIT_UNPROTECTED = 3;
const EXIT_FAILED = 1;
/** What an MCP host starts: by its full path, since a host has a working folder of its own. */
const ENTRY = fileURLToPath(new URL('../../bin/deltaring.mjs', import.meta.url));

const lines = linesToStandardError();

function log(line: string): void {
  lines.write(`${new Date().toISOString()} ${line}\n`);
}

const FEED_WORDS: Readonly<Record<Config['DELTARING_FEED'], string>> = {
  sim: 'built-in market simulator',
  replay: 'a recorded market',
  tastytrade: 'tastytrade',
  dxlink: 'dxlink',
};

function banner(config: Config, engine: EngineHost, http: RunningHttp): string {
  const { base } = http;
  const { broker, environment, accountId } = engine.identity;
  const feed = FEED_WORDS[config.DELTARING_FEED];
  const bearer = config.bearers.length > 0 ? ' --header "Authorization: Bearer $MCP_TOKEN"' : '';
  return [
    '',
    `deltaring ${VERSION} is running: ${broker} broker (${environment} money), ${feed}`,
    '',
    `  dashboard   ${base}/`,
    `  MCP         ${base}/mcp`,
    `  health      ${base}/health`,
    `  metrics     ${base}/metrics`,
    `  account     ${accountId}`,
    `  home        ${config.home}`,
    '',
    `  connect Claude Code:    claude mcp add deltaring -- node "${ENTRY}" mcp`,
    `  or over HTTP:           claude mcp add --transport http deltaring ${base}/mcp${bearer}`,
    ...(config.DELTARING_CONFIRM === 'browser'
      ? [
          `  let your browser in:    npx deltaring pair, its code at ${config.PUBLIC_URL ?? base}/approve/browser`,
        ]
      : []),
    '  from another terminal:  npx deltaring status · kill · rearm · flatten',
    '',
    '',
  ].join('\n');
}

/** All faces share one room, so that a token or stream means the same over each of them. */
interface Faces {
  readonly http: RunningHttp;
  close(): Promise<void>;
}

async function startFaces(config: Config, engine: EngineHost): Promise<Faces> {
  const { api, counters, identity } = engine;
  const room = createFaceRoom(api, faceSettings(config), counters, readTradeCardHtml());
  const pairing = new PairingDesk();
  const http = await startHttp({ config, api, counters, room, pairing, log });
  let socket: ListeningSocket;
  try {
    const shutdown = (): void => void process.kill(process.pid, 'SIGTERM');
    const canPair = config.OAUTH_EMBEDDED || config.DELTARING_CONFIRM === 'browser';
    const pair = canPair ? () => pairing.issue() : undefined;
    const path = engine.socketPath;
    const face = { config, api, counters, identity, path, room, log };
    socket = await listenOnSocket({ ...face, shutdown, pair });
  } catch (error) {
    await http.close();
    throw error;
  }
  return {
    http,
    close: async () => {
      room.close();
      await Promise.all([http.close(), socket.close()]);
    },
  };
}

/** Resolves with the name of the first signal that asks for an end. */
function endSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve(signal));
    }
  });
}

/** A line that the disk, a closed terminal or a reader that is gone does not take is lost. Unheard, each
 * would be an error that nothing caught, and the line about that the next one, without end: no promise
 * of this thread would go on, so no page would leave and no kill, flatten or stop be answered. */
function loseUnwritable(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** What Node knows of its own stream, though its documents do not name it. */
interface TerminalStream {
  readonly isTTY: boolean;
  readonly _handle?: { setBlocking?(isBlocking: boolean): void };
}

/** Node waits with the whole thread until a terminal has taken a line, and one that is held (Ctrl-S)
 * takes none. Lines wait in memory instead, and come once it goes on. */
function neverWaitForTerminal(stream: TerminalStream): void {
  if (stream.isTTY) stream._handle?.setBlocking?.(false);
}

/** Rejects with the first error of this thread that nothing caught. Each is logged, those too that
 * come while the engine stops. */
function uncaught(): Promise<never> {
  return new Promise((_resolve, reject) => {
    process.on('uncaughtException', (error) => {
      reject(error);
      log(`an error that nothing caught: ${error.stack ?? error.message}`);
    });
  });
}

/** Ends this process without waiting for a thread that sits in a call of the system, as on a disk that
 * hangs: the exit of Node joins every thread. Another program takes this one's place, so that the
 * exit code is told; where the system cannot do that, a kill ends it. */
async function endWithoutThreads(code: number): Promise<never> {
  log('a thread hangs in a call of the system: the process ends without it');
  await areLinesTaken();
  try {
    process.execve?.('/bin/sh', ['sh', '-c', `exit ${code}`]);
  } catch {
    // No shell there: the kill is left.
  }
  process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

/** Lines that wait for a held terminal, for a reader that stands still or for a disk that hangs keep the process
 * alive. They have this long once all is stopped; the exit code does not wait for them. */
const LAST_LINES_MILLIS = 1_000;

/** False where a file did not take the last lines in time: a thread of Node's hangs in that call. */
function areLinesTaken(): Promise<boolean> {
  return within(LAST_LINES_MILLIS, lines.settled());
}

/** Ends this process, with the exit code that stands then, where its loop does not end by itself. */
function endWithoutLines(): void {
  setTimeout(() => process.exit(), LAST_LINES_MILLIS).unref();
}

async function stop(
  config: Config,
  engine: EngineHost,
  faces: Faces,
  why: string,
): Promise<number> {
  log(`stopping (${why}), policy ${config.SHUTDOWN_POLICY}`);
  const left = await engine.stop(config.SHUTDOWN_POLICY);
  const isEnded = await engine.endThreads();
  await faces.close();
  log(
    left.length === 0
      ? 'stopped: nothing is left unprotected'
      : `stopped with positions that no broker-side stop protects: ${left.join(', ')}`,
  );
  const isTaken = await areLinesTaken();
  endWithoutLines();
  const code = left.length === 0 ? 0 : EXIT_UNPROTECTED;
  return isEnded && isTaken ? code : endWithoutThreads(code);
}

/** Starts the engine. Where that fails, threads that did start must not keep the process alive once
 * the error was told. */
async function begin(config: Config, core: Worker): Promise<EngineHost> {
  try {
    return await startEngine(config, core, log);
  } catch (error) {
    await areLinesTaken();
    setImmediate(() => process.exit());
    throw error;
  }
}

/** Runs an engine until a signal, its core on the thread that was made for it. Exit code 0, 3 when
 * something is left unprotected, 1 when a thread died. */
export async function serve(config: Config, core: Worker): Promise<number> {
  loseUnwritable();
  neverWaitForTerminal(process.stderr);
  for (const notice of config.notices) log(`setting: ${notice}`);
  const ended = endSignal();
  const engine = await begin(config, core);
  let faces: Faces;
  try {
    faces = await startFaces(config, engine);
  } catch (error) {
    await engine.stop('leave');
    await engine.endThreads();
    endWithoutLines();
    throw error;
  }
  lines.write(banner(config, engine, faces.http));
  const status = await engine.api.marketStatus();
  if ('value' in status)
    log(`session ${status.value.session}, ${status.value.timeNewYork} New York`);
  try {
    const why = await Promise.race([ended, engine.failed, uncaught()]);
    return await stop(config, engine, faces, why);
  } catch (error) {
    log(`the engine failed: ${error instanceof Error ? error.message : String(error)}`);
    log('nothing more can trade from here; positions are journalled: start again to re-arm exits');
    await Promise.allSettled([engine.tellFailure(error), faces.close()]);
    const isEnded = await engine.endThreads();
    if (!isEnded || !(await areLinesTaken())) return endWithoutThreads(EXIT_FAILED);
    process.exit(EXIT_FAILED);
  }
}
