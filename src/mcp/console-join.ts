/** The operator's console on the engine's socket: the one caller that can re-arm. */
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Caller, EngineApi } from '../desk/engine-api.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { ConsoleReply, ConsoleRequest } from './console-protocol.ts';
import { CONSOLE_METHODS, readConsoleRequest } from './console-protocol.ts';

const CONSOLE: Caller = { principal: 'console', authority: 'console' };
const UNNAMED_KILL = 'deltaring kill';

/** A code as the console shows it. */
export interface PairingCode {
  readonly code: string;
  readonly expiresInSeconds: number;
}

/** What a console may reach. */
export interface ConsoleRoom {
  readonly api: EngineApi;
  /** Asks the whole process to stop in order. */
  readonly shutdown: () => void;
  /** Makes a code with which a client or a browser is let in; undefined where none could be used. */
  readonly pair?: (() => PairingCode) | undefined;
}

async function status({ api }: ConsoleRoom): Promise<object> {
  const [market, pnl, risk] = await Promise.all([
    api.marketStatus(),
    api.pnl(CONSOLE),
    api.riskCheck(CONSOLE),
  ]);
  return { identity: api.identity, stamp: api.stamp(), health: api.health(), market, pnl, risk };
}

function pair(room: ConsoleRoom): PairingCode {
  if (room.pair !== undefined) return room.pair();
  const message =
    'there is nothing to pair: start the engine with OAUTH_EMBEDDED=1 and PUBLIC_URL, or with DELTARING_CONFIRM=browser';
  throw new DeltaringError('INPUT_INVALID', message);
}

async function carryOut(room: ConsoleRoom, request: ConsoleRequest): Promise<object> {
  const { api } = room;
  switch (request.method) {
    case 'status':
      return status(room);
    case 'health':
      return api.health();
    case 'kill':
      return api.kill(request.params.reason ?? UNNAMED_KILL, CONSOLE);
    case 'rearm':
      return api.rearm(CONSOLE);
    case 'flatten':
      return api.flattenNow(CONSOLE);
    case 'pair':
      return pair(room);
    case 'plan':
      return api.planStatus(CONSOLE);
    case 'planGrant':
      return api.grantPlan(request.params.budgetCents ?? 0, CONSOLE);
    case 'planRevoke':
      return api.revokePlan(CONSOLE);
    case 'adopt':
      return api.adopt(CONSOLE);
    case 'shutdown':
      room.shutdown();
      return { stopping: true };
    default:
      return {};
  }
}

async function replyTo(room: ConsoleRoom, line: string): Promise<ConsoleReply> {
  const request = readConsoleRequest(line);
  if (request === undefined) {
    const message = `not a request of the console: send {"id":1,"method":…} with one of ${CONSOLE_METHODS.join(', ')}`;
    return { id: 0, error: { code: 'INPUT_INVALID', message } };
  }
  const { id } = request;
  try {
    return { id, result: await carryOut(room, request) };
  } catch (error) {
    const isOurs = error instanceof DeltaringError;
    const message = isOurs ? error.message : 'the engine failed at this; look at its log';
    return { id, error: { code: isOurs ? error.code : 'INTERNAL', message } };
  }
}

/** Answers requests in their order until the console ends. */
export async function joinConsole(room: ConsoleRoom, socket: Socket): Promise<void> {
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (line.trim() === '') continue;
    socket.write(`${JSON.stringify(await replyTo(room, line))}\n`);
  }
  socket.end();
}
