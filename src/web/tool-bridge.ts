/** The same tools as plain JSON, for clients that speak no MCP. */
import { z } from 'zod';
import { rightsText } from '../engine/domain/client-rights.ts';
import type { FaceRoom, Visitor } from '../mcp/face.ts';
import { Face } from '../mcp/face.ts';
import type { HttpFault } from './http-reply.ts';

/** A call of a tool: its name, also as `tool`. */
export const callShape = z.object({
  name: z.string().optional(),
  tool: z.string().optional(),
  arguments: z.unknown().optional(),
});

/** `GET /mcp/tools` */
export function bridgeTools(room: FaceRoom, caller: Visitor): object {
  return { tools: new Face(room, caller).list(false) };
}

/** `GET /mcp/capabilities` */
export function bridgeCapabilities(room: FaceRoom, caller: Visitor): object {
  const { api, settings, resources } = room;
  const { build, broker, environment, underlying } = api.identity;
  const face = new Face(room, caller);
  return {
    name: 'deltaring',
    version: build,
    broker,
    environment,
    underlying,
    readOnly: settings.readOnly,
    authority: rightsText(face.caller),
    toolsets: settings.toolsets,
    tools: face.shelf.tools.map(({ name }) => name),
    resources: resources.resources.map(({ uri }) => uri),
    transports: { mcp: '/mcp', call: '/mcp/call', tools: '/mcp/tools' },
  };
}

/** `POST /mcp/call` with `{name, arguments}`: the result as MCP gives it. */
export async function bridgeCall(
  room: FaceRoom,
  caller: Visitor,
  body: unknown,
): Promise<object | HttpFault> {
  const parsed = callShape.safeParse(body);
  const name = parsed.data?.name ?? parsed.data?.tool;
  if (name === undefined) {
    const message = 'send {"name": tool, "arguments": {…}}; GET /mcp/tools lists the tools';
    return { status: 400, code: 'CALL_MALFORMED', message };
  }
  const face = new Face(room, caller);
  const tool = face.shelf.find(name);
  if (tool === undefined) {
    return { status: 404, code: 'TOOL_NOT_FOUND', message: face.shelf.explainMissing(name) };
  }
  const { isError, text, structured } = await face.call(tool, parsed.data?.arguments);
  return { content: [{ type: 'text', text }], structuredContent: structured, isError };
}
