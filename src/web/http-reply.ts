/** How responses leave this server: no stack traces, no caching, no sniffing. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A refusal of the HTTP layer. `message` is safe to show and says what to do. */
export interface HttpFault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** JSON-RPC code for refusals that the server makes before the protocol is reached. */
const JSON_RPC_SERVER_ERROR = -32_000;

const SAFE_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};

/** Sends a body whole. */
export function sendBody(
  response: ServerResponse,
  status: number,
  body: { readonly type: string; readonly text: string },
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) return void response.end();
  response.writeHead(status, {
    ...SAFE_HEADERS,
    'Content-Type': body.type,
    'Content-Length': Buffer.byteLength(body.text),
    ...headers,
  });
  response.end(body.text);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendBody(response, status, { type: 'application/json', text: JSON.stringify(value) });
}

/** Sends a fault: in JSON-RPC's shape to MCP clients, else as `{error: {code, message}}`. */
export function sendFault(request: IncomingMessage, response: ServerResponse, fault: HttpFault) {
  const { status, code, message, headers } = fault;
  const isMcp = pathOf(request) === '/mcp';
  const value = isMcp
    ? { jsonrpc: '2.0', error: { code: JSON_RPC_SERVER_ERROR, message }, id: null }
    : { error: { code, message } };
  const text = JSON.stringify(value);
  sendBody(response, status, { type: 'application/json', text }, headers);
}

/** The path of a request, without its query. */
export function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
