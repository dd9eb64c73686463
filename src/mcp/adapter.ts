/**
 * The one file that speaks to the MCP SDK: it serves a Face over a pair of streams or over
 * Streamable HTTP. Nothing else imports the SDK, so that another line of it can stand beside.
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
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { wallMicros } from '../engine/domain/clock.ts';
import { MICROS_PER_MILLI } from '../engine/domain/units.ts';
import type { AskHuman, DialogReply, Question } from './confirm-dialog.ts';
import { CONFIRM_FIELD } from './confirm-dialog.ts';
import type { Face } from './face.ts';
import { instructionsOf } from './instructions.ts';
import { PROMPTS } from './prompts.ts';
import type { Resource } from './resources.ts';
import type { ToolResult } from './tool-result.ts';
import {
  APP_MIME_TYPE,
  APPS_EXTENSION,
  answersWithCard,
  CARD_TOOL_META,
  cardMeta,
  TRADE_CARD_URI,
} from './trade-card-app.ts';

/** JSON-RPC code of the specification for a resource that does not exist. */
const RESOURCE_NOT_FOUND = -32_002;
/** The largest message a stream may carry. */
const MOST_MESSAGE_BYTES = 1 << 20;

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

function createServer(face: Face, onClosed: () => void): Server {
  const { identity } = face.room.api;
  const server = new Server(
    { name: 'deltaring', title: 'deltaring', version: identity.build },
    {
      capabilities: { tools: {}, prompts: {}, resources: { subscribe: true } },
      instructions: instructionsOf(identity, face.caller),
    },
  );
  serveTools(server, face);
  const unfollow = serveResources(server, face);
  servePrompts(server);
  server.onclose = () => {
    unfollow();
    onClosed();
  };
  return server;
}

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

function serveTools(server: Server, face: Face): void {
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
    const result = await face.call(tool, params.arguments, ask);
    const isShown = appHtml(server, face) !== undefined;
    const meta = isShown ? cardMeta(face.room.api, result) : undefined;
    return wireResult(result, meta);
  });
}

function wireResult(
  { isError, text, structured }: ToolResult,
  meta: Readonly<Record<string, unknown>> | undefined,
): CallToolResult {
  return {
    content: [{ type: 'text', text }],
    structuredContent: { ...structured },
    ...(isError && { isError }),
    ...(meta !== undefined && { _meta: { ...meta } }),
  };
}

/** Asks through the client's own dialog, on the stream of the call that asks. */
function askThrough(extra: Extra): AskHuman {
  return async (question) => {
    const started = wallMicros();
    const reply = await putQuestion(extra, question);
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
  try {
    const request = { method: 'elicitation/create' as const, params };
    const reply = await extra.sendRequest(request, ElicitResultSchema, { timeout: timeoutMillis });
    return { action: reply.action, ticked: reply.content?.[CONFIRM_FIELD] === true };
  } catch {
    return { action: 'failed', ticked: false };
  }
}

function resourceOf(face: Face, uri: string): Resource {
  const resource = face.room.resources.find(uri);
  if (resource !== undefined) return resource;
  const known = face.room.resources.resources.map((each) => each.uri).join(', ');
  throw new McpError(RESOURCE_NOT_FOUND, `no resource "${uri}"; there are ${known}`);
}

const APP_RESOURCE = {
  uri: TRADE_CARD_URI,
  name: 'trade-card',
  description: 'Draws a preview: payoff, worst case, legs, and the confirm as a button.',
  mimeType: APP_MIME_TYPE,
  _meta: { ui: { prefersBorder: true } },
};

/** Returns what ends every subscription. */
function serveResources(server: Server, face: Face): () => void {
  const { api, resources } = face.room;
  const mimeType = 'application/json';
  const followed = new Map<string, () => void>();
  server.setRequestHandler(ListResourcesRequestSchema, () => {
    const live = resources.resources.map(({ uri, name, description }) => {
      return { uri, name, description, mimeType };
    });
    return { resources: appHtml(server, face) === undefined ? live : [...live, APP_RESOURCE] };
  });
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [] }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }) => {
    const html = uri === TRADE_CARD_URI ? appHtml(server, face) : undefined;
    if (html !== undefined) return { contents: [{ uri, mimeType: APP_MIME_TYPE, text: html }] };
    const content = await resourceOf(face, uri).read(api, face.caller);
    return { contents: [{ uri, mimeType, text: JSON.stringify(content) }] };
  });
  server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
    const resource = resourceOf(face, uri);
    const tell = () => {
      server.sendResourceUpdated({ uri }).catch(() => undefined);
    };
    if (!followed.has(uri)) followed.set(uri, resources.follow(resource, tell));
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    followed.get(uri)?.();
    followed.delete(uri);
    return {};
  });
  return () => {
    for (const unfollow of followed.values()) unfollow();
    followed.clear();
  };
}

function servePrompts(server: Server): void {
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: PROMPTS.map(({ name, title, description }) => ({ name, title, description })),
  }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = PROMPTS.find(({ name }) => name === params.name);
    if (prompt === undefined) {
      const known = PROMPTS.map(({ name }) => name).join(', ');
      throw new McpError(ErrorCode.InvalidParams, `no prompt "${params.name}"; there are ${known}`);
    }
    const content = { type: 'text' as const, text: prompt.text };
    return { description: prompt.description, messages: [{ role: 'user' as const, content }] };
  });
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
  const server = createServer(face, onClosed);
  const transport = new StdioServerTransport(stream, stream, {
    maxBufferSize: MOST_MESSAGE_BYTES,
  });
  await server.connect(transport);
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
  openHttpSession(createServer(face, onClosed), canElicit);

/** Puts a server of the protocol on a session of its own. */
export async function openHttpSession(server: Server, canElicit: boolean): Promise<HttpSession> {
  const id = randomUUID();
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    enableJsonResponse: !canElicit,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK's own class misses its interface by exactOptionalPropertyTypes alone
  await server.connect(transport as Transport);
  return {
    id,
    handle: (request, response, body) => transport.handleRequest(request, response, body),
    close: () => server.close(),
  };
}
