/**
 * Serves a Face by the MCP SDK, over a pair of streams or over Streamable HTTP. Nothing in this room
 * but the adapter's files imports the SDK, so that another line of it can stand beside.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
// The high-level McpServer validates and lists tools itself, per connection; here the list is made
// once and arguments are judged by the tools.
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type {
  CallToolResult,
  JSONRPCMessage,
  ServerNotification,
  ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import {
  CallToolRequestSchema,
  ElicitResultSchema,
  EmptyResultSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { wallMicros } from '../engine/domain/clock.ts';
import { MICROS_PER_MILLI } from '../engine/domain/units.ts';
import { serveCompletions, servePrompts } from './adapter-prompts.ts';
import { serveResources } from './adapter-resources.ts';
import type { AskHuman, DialogReply, Question } from './confirm-dialog.ts';
import { CONFIRM_FIELD } from './confirm-dialog.ts';
import type { Face, Host } from './face.ts';
import { instructionsOf } from './instructions.ts';
import type { ResourceLink } from './resource-links.ts';
import { linksOf } from './resource-links.ts';
import type { ToolResult } from './tool-result.ts';
import { APPS_EXTENSION, answersWithCard, CARD_TOOL_META, cardMeta } from './trade-card-app.ts';

/** The largest message a stream may carry. */
const MOST_MESSAGE_BYTES = 1 << 20;

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** A server of the protocol, and how it is joined to a transport. */
interface Served {
  readonly server: Server;
  readonly connect: (transport: Transport) => Promise<void>;
}

function serve(face: Face, onClosed: () => void): Served {
  const { identity } = face.room.api;
  const server = new Server(
    { name: 'deltaring', title: 'deltaring', version: identity.build },
    {
      capabilities: { tools: {}, prompts: {}, completions: {}, resources: { subscribe: true } },
      instructions: instructionsOf(identity, face.caller, face.notice),
    },
  );
  const asked = new AskedVersion();
  serveTools(server, face, asked);
  const unfollow = serveResources(server, face, () => appHtml(server, face));
  servePrompts(server);
  serveCompletions(server, face);
  server.onclose = () => {
    unfollow();
    onClosed();
  };
  const connect = async (transport: Transport): Promise<void> => {
    await server.connect(transport);
    asked.watch(transport);
  };
  return { server, connect };
}

/** The first revision of the protocol whose results may hold links to resources. */
const FIRST_WITH_LINKS = '2025-06-18';

/** The revision that a client asked for when it connected: the SDK keeps it to itself. */
class AskedVersion {
  #version = '';

  get takesLinks(): boolean {
    return this.#version >= FIRST_WITH_LINKS;
  }

  watch(transport: Transport): void {
    const deliver = transport.onmessage;
    transport.onmessage = (message, extra) => {
      if (this.#version === '') {
        this.#version = initializeShape.safeParse(message).data?.params.protocolVersion ?? '';
      }
      deliver?.(message, extra);
    };
  }
}

const initializeShape = z.object({
  method: z.literal('initialize'),
  params: z.object({ protocolVersion: z.string() }),
});

function canAsk(server: Server): boolean {
  return server.getClientCapabilities()?.elicitation?.form !== undefined;
}

/** The trade card's page, for a host that shows apps. */
function appHtml(server: Server, face: Face): string | undefined {
  const isShown = server.getClientCapabilities()?.extensions?.[APPS_EXTENSION] !== undefined;
  return isShown ? face.room.tradeCardHtml : undefined;
}

function toolMeta(server: Server, face: Face, name: string) {
  const tool = face.shelf.find(name);
  const isCard = tool !== undefined && answersWithCard(tool);
  return isCard && appHtml(server, face) !== undefined ? { _meta: CARD_TOOL_META } : {};
}

function serveTools(server: Server, face: Face, asked: AskedVersion): void {
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: face.list(canAsk(server)).map((tool) => ({
      ...tool,
      ...toolMeta(server, face, tool.name),
      inputSchema: { ...tool.inputSchema, type: 'object' as const },
      outputSchema: { ...tool.outputSchema, type: 'object' as const },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = face.shelf.find(params.name);
    if (tool === undefined) {
      throw new McpError(ErrorCode.InvalidParams, face.shelf.explainMissing(params.name));
    }
    const ask = canAsk(server) ? askThrough(extra) : undefined;
    const isGivenUp = (): boolean => extra.signal.aborted;
    const seesOrders = face.holds('portfolio.read');
    const progress = seesOrders ? progressThrough(server, extra) : undefined;
    const result = await face.call(tool, params.arguments, { ask, progress, isGivenUp });
    const isShown = appHtml(server, face) !== undefined;
    const links = asked.takesLinks && seesOrders ? linksOf(result) : [];
    const redeemerOf: Parameters<typeof cardMeta>[2] = (purpose) => face.redeemer(purpose, ask);
    const meta = isShown ? cardMeta(face.room.api, result, redeemerOf) : undefined;
    return wireResult(result, links, meta);
  });
}

function wireResult(
  { isError, text, structured }: ToolResult,
  links: readonly ResourceLink[],
  meta: Readonly<Record<string, unknown>> | undefined,
): CallToolResult {
  return {
    content: [
      { type: 'text', text },
      ...links.map((link) => ({ type: 'resource_link' as const, ...link })),
    ],
    structuredContent: { ...structured },
    ...(isError && { isError }),
    ...(meta !== undefined && { _meta: { ...meta } }),
  };
}

/**
 * Tells of a call's progress where the client gave a token for it. A client whose calls are answered
 * as plain JSON hears it on the session's own stream, where it opened one.
 */
function progressThrough(server: Server, extra: Extra): Host['progress'] {
  const progressToken = extra._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  let progress = 0;
  return (message) => {
    progress += 1;
    const params = { progressToken, progress, message };
    const notification = { method: 'notifications/progress' as const, params };
    const sent = canAsk(server)
      ? extra.sendNotification(notification)
      : server.notification(notification);
    sent.catch(() => undefined);
  };
}

/** Asks through the client's own dialog, on the stream of the call that asks. Where that call was given up,
 * its reply is not heard any more, and says nothing of the human or of the client's dialogs. */
function askThrough(extra: Extra): AskHuman {
  return async (question) => {
    const started = wallMicros();
    const said = await putQuestion(extra, question);
    const reply = extra.signal.aborted ? { action: 'gone' as const, ticked: false } : said;
    return { ...reply, elapsedMillis: (wallMicros() - started) / MICROS_PER_MILLI };
  };
}

async function putQuestion(
  extra: Extra,
  { message, boxTitle, timeoutMillis }: Question,
): Promise<Omit<DialogReply, 'elapsedMillis'>> {
  const box = { type: 'boolean' as const, title: boxTitle, default: false };
  const requestedSchema = {
    type: 'object' as const,
    properties: { [CONFIRM_FIELD]: box },
    required: [CONFIRM_FIELD],
  };
  const params = { mode: 'form' as const, message, requestedSchema };
  // Where the call is given up the client is told to take the dialog away.
  const options = { timeout: timeoutMillis, signal: extra.signal };
  // Clients of the SDK pass over the cancel of a request with the number 0, a connection's first: a ping has it.
  extra.sendRequest({ method: 'ping' }, EmptyResultSchema, options).catch(() => undefined);
  try {
    const request = { method: 'elicitation/create' as const, params };
    const reply = await extra.sendRequest(request, ElicitResultSchema, options);
    return { action: reply.action, ticked: reply.content?.[CONFIRM_FIELD] === true };
  } catch {
    return { action: 'failed', ticked: false };
  }
}

/** A face served over a pair of streams. */
export interface ServedStream {
  /** Resolves once every request that has come was answered. */
  answered(): Promise<void>;
  close(): Promise<void>;
}

/** Counts requests under way on a transport. */
class OpenRequests {
  readonly #ids = new Set<string | number>();
  #waiters: (() => void)[] = [];

  /** Watches a transport that a server is connected to. */
  watch(transport: Transport): void {
    const deliver = transport.onmessage;
    const send = transport.send.bind(transport);
    transport.onmessage = (message, extra) => {
      if ('method' in message && 'id' in message) this.#ids.add(message.id);
      deliver?.(message, extra);
    };
    transport.send = async (message, options) => {
      await send(message, options);
      this.#sent(message);
    };
  }

  settled(): Promise<void> {
    if (this.#ids.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #sent(message: JSONRPCMessage): void {
    if ('method' in message || message.id === undefined) return;
    this.#ids.delete(message.id);
    if (this.#ids.size > 0) return;
    for (const resolve of this.#waiters) resolve();
    this.#waiters = [];
  }
}

/** Serves a face over one connection, a JSON-RPC message a line. */
export async function serveOverStream(
  face: Face,
  stream: Duplex,
  onClosed: () => void = () => undefined,
): Promise<ServedStream> {
  const { server, connect } = serve(face, onClosed);
  const transport = new StdioServerTransport(stream, stream, {
    maxBufferSize: MOST_MESSAGE_BYTES,
  });
  await connect(transport);
  const open = new OpenRequests();
  open.watch(transport);
  stream.resume();
  return { answered: () => open.settled(), close: () => server.close() };
}

/** A face served over Streamable HTTP, one MCP session. */
export interface HttpSession {
  readonly id: string;
  /** Handles one request of the session; `body` is its JSON, already read. */
  handle(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void>;
  close(): Promise<void>;
}

/** How a session of the HTTP face is begun. */
export type OpenSession = (
  face: Face,
  canElicit: boolean,
  onClosed: () => void,
) => Promise<HttpSession>;

/**
 * Opens a session. `canElicit`: the client said that it can show a dialog; its calls are then
 * answered as event streams, because a dialog's question has to travel on the stream of its call.
 */
export const serveOverHttp: OpenSession = (face, canElicit, onClosed) =>
  openHttpSession(serve(face, onClosed), canElicit);

/** Puts a server of the protocol on a session of its own. */
export async function openHttpSession(
  { server, connect }: Served,
  canElicit: boolean,
): Promise<HttpSession> {
  const id = randomUUID();
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    enableJsonResponse: !canElicit,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK's own class misses its interface by exactOptionalPropertyTypes alone
  await connect(transport as Transport);
  return {
    id,
    handle: (request, response, body) => transport.handleRequest(request, response, body),
    close: () => server.close(),
  };
}
