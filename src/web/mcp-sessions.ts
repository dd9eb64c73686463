/**
 * The MCP sessions of the HTTP face. A session belongs to the principal that opened it, with the
 * scopes it came with: to anyone else it does not exist. Main thread only.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { rightsText } from '../engine/domain/client-rights.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { MICROS_PER_MINUTE } from '../engine/domain/units.ts';
import type { HttpSession, OpenSession } from '../mcp/adapter.ts';
import { serveOverHttp } from '../mcp/adapter.ts';
import type { FaceRoom, Visitor } from '../mcp/face.ts';
import { Face } from '../mcp/face.ts';
import { every } from '../mcp/timers-shell.ts';
import type { HttpFault } from './http-reply.ts';

const MOST_SESSIONS = 64;
/** Of one principal, so that none keeps the others out. */
const MOST_OF_A_PRINCIPAL = 16;
const IDLE_MICROS = 30 * MICROS_PER_MINUTE;
/** A session silent for this long makes room when there are too many. */
const EVICTABLE_MICROS = MICROS_PER_MINUTE;
const SWEEP_EVERY_MILLIS = 60_000;

interface Held {
  readonly session: HttpSession;
  readonly principal: string;
  readonly owner: string;
  usedAt: number;
  /** Responses under way; an open event stream is one. */
  busy: number;
}

const initializeShape = z.looseObject({
  method: z.literal('initialize'),
  params: z.looseObject({
    capabilities: z.looseObject({ elicitation: z.unknown().optional() }).optional(),
  }),
});

/** Who may go on with a session: tools were chosen by these scopes and rights when it began. */
function ownerOf(visitor: Visitor): string {
  const { principal, scopes } = visitor;
  return `${principal} ${rightsText(visitor)} ${scopes?.toSorted().join(' ') ?? 'all'}`;
}

function isSilent({ busy, usedAt }: Held): boolean {
  return busy === 0 && wallMicros() - usedAt > EVICTABLE_MICROS;
}

const NOT_FOUND: HttpFault = {
  status: 404,
  code: 'SESSION_NOT_FOUND',
  message: 'Session not found: initialize again',
};
const NO_SESSION: HttpFault = {
  status: 400,
  code: 'SESSION_REQUIRED',
  message: 'send initialize first, then its Mcp-Session-Id with every request',
};
const TOO_MANY: HttpFault = {
  status: 503,
  code: 'TOO_MANY_SESSIONS',
  message: `${MOST_SESSIONS} sessions are open: end one with DELETE /mcp, or try again in a minute`,
  headers: { 'Retry-After': '60' },
};

export class McpSessions {
  readonly #room: FaceRoom;
  readonly #held = new Map<string, Held>();
  readonly #openSession: OpenSession;
  readonly #stopSweep: () => void;

  constructor(room: FaceRoom, openSession: OpenSession = serveOverHttp) {
    this.#room = room;
    this.#openSession = openSession;
    this.#stopSweep = every(SWEEP_EVERY_MILLIS, () => this.#sweep());
  }

  get size(): number {
    return this.#held.size;
  }

  /** Handles a request, or says why it cannot. `body` is undefined for GET and DELETE. */
  async handle(
    exchange: { readonly request: IncomingMessage; readonly response: ServerResponse },
    caller: Visitor,
    body: unknown,
  ): Promise<HttpFault | undefined> {
    const { request, response } = exchange;
    const held = await this.#sessionOf(request, caller, body);
    if ('status' in held) return held;
    held.busy += 1;
    held.usedAt = wallMicros();
    response.once('close', () => {
      held.busy -= 1;
      held.usedAt = wallMicros();
    });
    await held.session.handle(request, response, body);
    return undefined;
  }

  async close(): Promise<void> {
    this.#stopSweep();
    await Promise.all(Array.from(this.#held.values(), ({ session }) => session.close()));
  }

  async #sessionOf(
    { headers }: IncomingMessage,
    caller: Visitor,
    body: unknown,
  ): Promise<Held | HttpFault> {
    const id = headers['mcp-session-id'];
    if (typeof id === 'string') {
      const held = this.#held.get(id);
      return held?.owner === ownerOf(caller) ? held : NOT_FOUND;
    }
    const initialize = initializeShape.safeParse(body);
    return initialize.success ? this.#open(caller, initialize.data) : NO_SESSION;
  }

  async #open(
    caller: Visitor,
    { params }: z.infer<typeof initializeShape>,
  ): Promise<Held | HttpFault> {
    const canElicit = params.capabilities?.elicitation !== undefined;
    const face = new Face(this.#room, caller);
    const session = await this.#openSession(face, canElicit, () => this.#held.delete(session.id));
    const { principal } = caller;
    const held = { session, principal, owner: ownerOf(caller), usedAt: wallMicros(), busy: 0 };
    const hasRoom = this.#makeRoomFor(principal);
    if (hasRoom) this.#held.set(session.id, held);
    else this.#end(held);
    return hasRoom ? held : TOO_MANY;
  }

  /** Ends a session where there are too many: of a principal's own beyond its share, else one that anybody
   * has left silent, else one of its own. False where there is none. */
  #makeRoomFor(principal: string): boolean {
    const all = Array.from(this.#held.values()).sort((a, b) => a.usedAt - b.usedAt);
    const own = all.filter((held) => held.principal === principal);
    const isOverShare = own.length >= MOST_OF_A_PRINCIPAL;
    if (!isOverShare && all.length < MOST_SESSIONS) return true;
    const gone = (isOverShare ? own : all).find(isSilent) ?? own[0];
    if (gone !== undefined) this.#end(gone);
    return gone !== undefined;
  }

  #end({ session }: Held): void {
    this.#held.delete(session.id);
    session.close().catch(() => undefined);
  }

  #sweep(): void {
    const now = wallMicros();
    for (const { session, busy, usedAt } of this.#held.values()) {
      if (busy === 0 && now - usedAt > IDLE_MICROS) session.close().catch(() => undefined);
    }
  }
}
