/**
 * The HTTP face: MCP, the plain-JSON bridge, dashboard, health and metrics on one port. Every
 * request passes, in this order: Host, Origin, the token, the limits of its address and its caller.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { EngineApi } from '../desk/engine-api.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { MICROS_PER_SECOND } from '../engine/domain/units.ts';
import type { OpenSession } from '../mcp/adapter.ts';
import type { FaceRoom } from '../mcp/face.ts';
import { createFaceRoom, faceSettings } from '../mcp/face.ts';
import type { Counters } from '../ops/counters.ts';
import { APPROVE_PREFIX, approveRoute } from './approve-route.ts';
import { BROWSER_PATH, browserRoute, readBrowserPage } from './browser-route.ts';
import { readDashboardPage } from './dashboard-page.ts';
import { ANYONE, Door, PROBE_PATHS } from './door.ts';
import type { HttpFault } from './http-reply.ts';
import { pathOf, sendFault } from './http-reply.ts';
import type { Exchange, Route, Site } from './http-routes.ts';
import { authorizationRoute, exchangeOf, ROUTES } from './http-routes.ts';
import { KnownBrowsers } from './known-browsers.ts';
import { LiveView } from './live-view.ts';
import { McpSessions } from './mcp-sessions.ts';
import { AUTHORIZATION_PATHS } from './oauth/authorization-server.ts';
import { oauthRoom } from './oauth/oauth-room.ts';
import { PairingDesk } from './oauth/pairing.ts';
import { OriginGuard } from './origin-guard.ts';
import { holdOutside } from './outside-connections.ts';
import { readTradeCardHtml } from './trade-card-page.ts';

const HEADERS_TIMEOUT_MILLIS = 10_000;
const REQUEST_TIMEOUT_MILLIS = 30_000;
const MOST_CONNECTIONS = 256;
const MOST_FROM_OUTSIDE = 192;
const MOST_HEADER_BYTES = 16 * 1_024;
const MOST_HEADERS = 64;

export interface HttpOptions {
  readonly config: Config;
  readonly api: EngineApi;
  readonly counters?: Counters;
  /** What the faces of all transports share; its own where left out. */
  readonly room?: FaceRoom;
  /** Where the console's pairing codes are; its own where left out. */
  readonly pairing?: PairingDesk;
  /** What speaks the protocol in a session: the engine's face where left out. */
  readonly openSession?: OpenSession;
  /** Hears of requests that broke: method, path and error, never headers or bodies. */
  readonly log: (line: string) => void;
}

export interface RunningHttp {
  /** The port it listens on, also where 0 was asked for. */
  readonly port: number;
  /** Its address from this machine. */
  readonly base: string;
  /** The port of the listener for metrics alone, where there is one. */
  readonly metricsPort: number | undefined;
  close(): Promise<void>;
}

function approvalRouteOf(path: string): Route | undefined {
  if (path === BROWSER_PATH) return browserRoute;
  return path.startsWith(APPROVE_PREFIX) ? approveRoute : undefined;
}

/** Where the request goes, or why it goes nowhere. */
function routeOf(site: Site, request: IncomingMessage): Route | HttpFault {
  const path = pathOf(request);
  const isAuthorization = site.oauth?.server !== undefined && AUTHORIZATION_PATHS.includes(path);
  if (isAuthorization) return authorizationRoute;
  const route = approvalRouteOf(path) ?? (Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined);
  if (route === undefined) {
    const message = `there is nothing here; there are ${Object.keys(ROUTES).join(' ')}`;
    return { status: 404, code: 'NOT_FOUND', message };
  }
  if (route.methods.includes(request.method ?? '')) return route;
  const allow = route.methods.join(', ');
  const message = `${path} takes ${allow}`;
  return { status: 405, code: 'METHOD_NOT_ALLOWED', message, headers: { Allow: allow } };
}

async function answer(site: Site, door: Door, exchange: Exchange): Promise<HttpFault | undefined> {
  const { request, response } = exchange;
  const refused = door.outerFault(request);
  if (refused !== undefined) return refused;
  for (const [name, value] of Object.entries(door.guard.corsHeaders(request))) {
    response.setHeader(name, value);
  }
  if (request.method === 'OPTIONS') {
    const tooOften = door.passing(request);
    if (tooOften === undefined) response.writeHead(204).end();
    return tooOften;
  }
  const route = routeOf(site, request);
  if ('status' in route) return door.passing(request) ?? route;
  const caller = await door.callerOf(site, route, exchange);
  return 'status' in caller ? caller : route.serve(site, exchange, caller);
}

const BROKEN: HttpFault = {
  status: 500,
  code: 'INTERNAL',
  message: 'the engine failed at this request; its log tells more',
};

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Sends what `respond` could not answer itself; never lets an error out. */
function guarded(
  respond: (exchange: Exchange) => Promise<HttpFault | undefined>,
  log: (line: string) => void,
): Listener {
  const run = async (exchange: Exchange): Promise<void> => {
    const { request, response } = exchange;
    try {
      const fault = await respond(exchange);
      if (fault !== undefined) sendFault(request, response, fault);
    } catch (error) {
      const what = error instanceof Error ? error.message : 'unknown';
      log(`http: ${request.method} ${pathOf(request)} failed: ${what}`);
      sendFault(request, response, BROKEN);
    }
  };
  return (request, response) => void run(exchangeOf(request, response));
}

function createLimitedServer(listener: Listener): Server {
  const server = createServer({ maxHeaderSize: MOST_HEADER_BYTES }, listener);
  server.headersTimeout = HEADERS_TIMEOUT_MILLIS;
  server.requestTimeout = REQUEST_TIMEOUT_MILLIS;
  server.maxConnections = MOST_CONNECTIONS;
  holdOutside(server, MOST_FROM_OUTSIDE);
  server.maxHeadersCount = MOST_HEADERS;
  return server;
}

function listenFault(error: Error, host: string, port: number, setting: string): DeltaringError {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const message = `port ${port} on ${host} is in use: stop what listens there, or start with another ${setting} (${setting}=0 takes any free port)`;
    return new DeltaringError('PORT_IN_USE', message, error);
  }
  const message = `cannot listen on ${host} port ${port} (${String(code)}): check HOST and ${setting}`;
  return new DeltaringError('CONFIG_INVALID', message, error);
}

function listen(server: Server, host: string, port: number, setting: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(listenFault(error, host, port, setting));
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Throws PORT_IN_USE while nothing runs yet where a port that is asked for is taken: an engine that
 * learns it from its faces has met its broker already. */
export async function assertPortsFree({ HOST, PORT, PROMETHEUS_PORT }: Config): Promise<void> {
  const asked = [
    [PORT, 'PORT'],
    [PROMETHEUS_PORT, 'PROMETHEUS_PORT'],
  ] as const;
  const tried: Server[] = [];
  try {
    for (const [port, setting] of asked) {
      if (port === undefined) continue;
      const server = createServer();
      tried.push(server);
      await listen(server, HOST, port, setting);
    }
  } finally {
    await Promise.all(tried.map(shut));
  }
}

/** The host part of this server's own address; from inside where it listens on all of them. */
function hostOf({ HOST }: Config): string {
  if (HOST === '0.0.0.0' || HOST === '::') return '127.0.0.1';
  return HOST.includes(':') ? `[${HOST}]` : HOST;
}

/** A listener for metrics and health alone: for scrapers, who have no token and no page. */
async function startProbes(site: Site, config: Config, log: (line: string) => void) {
  const port = config.PROMETHEUS_PORT;
  if (port === undefined) return undefined;
  const server = createLimitedServer(
    guarded(async (exchange) => {
      const { request } = exchange;
      const refused = site.guard.probeHostFault(request) ?? site.guard.pageFault(request);
      if (refused !== undefined) return refused;
      const path = pathOf(request);
      const route = PROBE_PATHS.includes(path) ? ROUTES[path] : undefined;
      if (route !== undefined) return route.serve(site, exchange, ANYONE);
      return { status: 404, code: 'NOT_FOUND', message: 'there are /metrics and /health' };
    }, log),
  );
  return { server, port: await listen(server, config.HOST, port, 'PROMETHEUS_PORT') };
}

function browsersOf(
  { home, PUBLIC_URL }: Config,
  pairing: PairingDesk,
  log: (line: string) => void,
): KnownBrowsers {
  return new KnownBrowsers({
    path: join(home, 'browsers.json'),
    pairing,
    log,
    isSecure: PUBLIC_URL?.startsWith('https:') === true,
    nowSeconds: () => Math.floor(wallMicros() / MICROS_PER_SECOND),
  });
}

/**
 * Starts the HTTP face. Throws PORT_IN_USE where the port is taken. `close` ends every session and
 * connection.
 */
export async function startHttp(options: HttpOptions): Promise<RunningHttp> {
  const { config, api, counters, log } = options;
  const tradeCard = readTradeCardHtml();
  const room = options.room ?? createFaceRoom(api, faceSettings(config), counters, tradeCard);
  const sessions = new McpSessions(room, options.openSession);
  const live = new LiveView(api);
  const pairing = options.pairing ?? new PairingDesk();
  const site: Site = {
    api,
    room,
    sessions,
    live,
    page: readDashboardPage(),
    tradeCard: readTradeCardHtml(),
    oauth: oauthRoom(config, { pairing, log }),
    guard: new OriginGuard(config),
    browsers: browsersOf(config, pairing, log),
    browserPage: readBrowserPage(),
  };
  const door = new Door(config, site);
  const server = createLimitedServer(
    guarded((exchange) => {
      counters?.add('http_requests');
      return answer(site, door, exchange);
    }, log),
  );
  const close = async (): Promise<void> => {
    live.close();
    await sessions.close();
    if (options.room === undefined) room.close();
    await Promise.all([shut(server), probes === undefined ? undefined : shut(probes.server)]);
  };
  let probes: Awaited<ReturnType<typeof startProbes>>;
  try {
    const port = await listen(server, config.HOST, config.PORT, 'PORT');
    probes = await startProbes(site, config, log);
    const base = `http://${hostOf(config)}:${port}`;
    room.approvals.servedAt(config.PUBLIC_URL ?? base);
    return { port, base, metricsPort: probes?.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}
