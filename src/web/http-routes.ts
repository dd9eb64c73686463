/** The paths of the HTTP face, and what stands behind each. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EngineApi } from '../desk/engine-api.ts';
import type { FaceRoom, Visitor } from '../mcp/face.ts';
import type { Scope } from '../mcp/scopes.ts';
import type { Page } from './dashboard-page.ts';
import type { HttpFault } from './http-reply.ts';
import { sendBody, sendJson } from './http-reply.ts';
import { type JsonBody, readJsonBody } from './json-body.ts';
import type { KnownBrowsers } from './known-browsers.ts';
import type { LiveView } from './live-view.ts';
import { snapshotOf } from './live-view.ts';
import type { McpSessions } from './mcp-sessions.ts';
import type { OAuthRoom } from './oauth/oauth-room.ts';
import { RESOURCE_METADATA_PATH } from './oauth/oauth-room.ts';
import type { OriginGuard } from './origin-guard.ts';
import { bridgeCall, bridgeCapabilities, bridgeTools } from './tool-bridge.ts';

/** What routes serve from. */
export interface Site {
  readonly api: EngineApi;
  readonly room: FaceRoom;
  readonly sessions: McpSessions;
  readonly live: LiveView;
  readonly page: Page;
  /** The trade card's page, nothing put into it. */
  readonly tradeCard: string;
  /** Undefined where OAuth is off. */
  readonly oauth: OAuthRoom | undefined;
  readonly guard: OriginGuard;
  /** Whose answers on the page of a trade count. */
  readonly browsers: KnownBrowsers;
  readonly browserPage: Page;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The body as JSON, or what is wrong with it; read at the first call. */
  readonly body: () => Promise<JsonBody | HttpFault>;
}

/** A request with its response, its body unread. */
export function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  let read: Promise<JsonBody | HttpFault> | undefined;
  const body = (): Promise<JsonBody | HttpFault> => {
    read ??= readJsonBody(request);
    return read;
  };
  return { request, response, body };
}

/** Who is asked for a token: everyone, nobody, or everyone who is not on this machine. */
export type Gate = 'token' | 'open' | 'tokenFromOutside';

export interface Route {
  readonly methods: readonly string[];
  readonly gate: Gate;
  /** What an OAuth token must be good for; tools are asked one by one instead. */
  readonly scope?: Scope;
  /** Answers, or returns the fault to send. */
  serve(site: Site, exchange: Exchange, caller: Visitor): Promise<HttpFault | undefined>;
}

function isFault(value: object): value is HttpFault {
  return 'status' in value && 'code' in value;
}

/** A route that answers with JSON. */
function jsonRoute(
  value: (site: Site, caller: Visitor) => object | Promise<object>,
  scope?: Scope,
): Route {
  return {
    methods: ['GET'],
    gate: 'token',
    ...(scope !== undefined && { scope }),
    serve: async (site, { response }, caller) => {
      sendJson(response, 200, await value(site, caller));
      return undefined;
    },
  };
}

/** Liveness and readiness: 200 while the engine can be used, 503 while it cannot. */
const healthRoute: Route = {
  methods: ['GET', 'HEAD'],
  gate: 'open',
  serve: async ({ api }, { response }) => {
    const health = api.health();
    sendJson(response, health.status !== 'down' && health.ready ? 200 : 503, health);
    return undefined;
  },
};

const metricsRoute: Route = {
  methods: ['GET', 'HEAD'],
  gate: 'tokenFromOutside',
  serve: async ({ api }, { response }) => {
    const { METRICS_CONTENT_TYPE: type } = await import('./prometheus.ts');
    sendBody(response, 200, { type, text: await api.metrics() });
    return undefined;
  },
};

/** Many calls in one request would pass for one in every count of requests. */
const ONE_MESSAGE: HttpFault = {
  status: 400,
  code: 'BATCH_NOT_TAKEN',
  message: 'batches of JSON-RPC are not taken: send one message per request',
};

const mcpRoute: Route = {
  methods: ['GET', 'POST', 'DELETE'],
  gate: 'token',
  serve: async ({ sessions }, exchange, caller) => {
    if (exchange.request.method !== 'POST') return sessions.handle(exchange, caller, undefined);
    const body = await exchange.body();
    if ('status' in body) return body;
    if (Array.isArray(body.json)) return ONE_MESSAGE;
    return sessions.handle(exchange, caller, body.json);
  },
};

const callRoute: Route = {
  methods: ['POST'],
  gate: 'token',
  serve: async ({ room }, { response, body }, caller) => {
    const read = await body();
    if ('status' in read) return read;
    const result = await bridgeCall(room, caller, read.json);
    if (isFault(result)) return result;
    sendJson(response, 200, result);
    return undefined;
  },
};

const pageRoute: Route = {
  methods: ['GET', 'HEAD'],
  gate: 'open',
  serve: async ({ page: { html, contentSecurityPolicy } }, { response }) => {
    const body = { type: 'text/html; charset=utf-8', text: html };
    sendBody(response, 200, body, { 'Content-Security-Policy': contentSecurityPolicy });
    return undefined;
  },
};

const eventsRoute: Route = {
  methods: ['GET'],
  gate: 'token',
  scope: 'portfolio.read',
  serve: async ({ live }, { response }) => live.attach(response),
};

/** What the protected resource /mcp is (RFC 9728); at the root too, where some clients look first. */
const resourceMetadataRoute: Route = {
  methods: ['GET', 'HEAD'],
  gate: 'open',
  serve: async ({ oauth }, { response }) => {
    if (oauth === undefined) {
      const message = 'this engine uses no OAuth';
      return { status: 404, code: 'NOT_FOUND', message };
    }
    sendJson(response, 200, oauth.resourceMetadata);
    return undefined;
  },
};

/** The embedded authorization server answers for all of its paths itself. */
export const authorizationRoute: Route = {
  methods: ['GET', 'HEAD', 'POST'],
  gate: 'open',
  serve: async ({ oauth }, { request, response }) => {
    oauth?.server?.(request, response);
    return undefined;
  },
};

/** Every path. */
export const ROUTES: Readonly<Record<string, Route>> = {
  '/': pageRoute,
  '/mcp': mcpRoute,
  '/mcp/tools': jsonRoute(({ room }, caller) => bridgeTools(room, caller)),
  '/mcp/capabilities': jsonRoute(({ room }, caller) => bridgeCapabilities(room, caller)),
  '/mcp/call': callRoute,
  '/events': eventsRoute,
  '/api/snapshot': jsonRoute(({ api }) => snapshotOf(api), 'portfolio.read'),
  '/health': healthRoute,
  '/metrics': metricsRoute,
  [RESOURCE_METADATA_PATH]: resourceMetadataRoute,
  '/.well-known/oauth-protected-resource': resourceMetadataRoute,
};
