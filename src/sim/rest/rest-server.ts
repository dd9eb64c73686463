/** The HTTP server in front of the REST service: reads requests, writes answers. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { RestApi, RestRequest } from './rest-api.ts';

const MAX_BODY_BYTES = 65_536;

/** Makes the server; the caller listens. */
export function restServer(api: RestApi): Server {
  return createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
      if (body.length > MAX_BODY_BYTES) request.destroy();
    });
    request.on('end', () => write(response, api, readRequest(request, body)));
  });
}

function readRequest(request: IncomingMessage, body: string): RestRequest {
  const { authorization } = request.headers;
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  return {
    method: request.method ?? 'GET',
    path,
    query,
    userAgent: request.headers['user-agent'],
    authorization,
    contentType: request.headers['content-type'],
    body,
  };
}

function write(response: ServerResponse, api: RestApi, request: RestRequest): void {
  const { status, contentType, body } = api.answer(request);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
