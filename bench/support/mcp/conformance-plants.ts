/** Sessions with a bug on purpose, for the official suites to find. */
import type { OpenSession } from '../../../src/mcp/adapter.ts';
import { serveOverHttp } from '../../../src/mcp/adapter.ts';
import { Face } from '../../../src/mcp/face.ts';
import type { ListedTool } from '../../../src/mcp/tool-listing.ts';

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function withoutMeta(body: unknown): unknown {
  if (!isObject(body) || !isObject(body['params'])) return body;
  return { ...body, params: { ...body['params'], _meta: undefined } };
}

/** The same sessions, but what reads a request drops a field of it: nobody is told of progress. */
export function losingMeta(open: OpenSession): OpenSession {
  return async (face, canElicit, onClosed) => {
    const session = await open(face, canElicit, onClosed);
    return {
      ...session,
      handle: (request, response, body) => session.handle(request, response, withoutMeta(body)),
    };
  };
}

function bare({ inputSchema, ...tool }: ListedTool): ListedTool {
  const properties = Object.keys(inputSchema['properties'] ?? {}).map((name) => [name, true]);
  return { ...tool, inputSchema: { ...inputSchema, properties: Object.fromEntries(properties) } };
}

/** A listing that names the arguments of its tools and tells nothing of them. */
class BareFace extends Face {
  override list(canAsk: boolean): readonly ListedTool[] {
    return super.list(canAsk).map(bare);
  }
}

export const openBareSession: OpenSession = ({ room, caller }, canElicit, onClosed) =>
  serveOverHttp(new BareFace(room, caller), canElicit, onClosed);
