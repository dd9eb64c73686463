/**
 * The calls that must not wait for a limit of requests: the kill switch, the ways out of orders and
 * positions with the confirms of their tokens, and what a client sends first when it connects anew.
 */
import { z } from 'zod';
import type { Caller, EngineApi } from '../desk/engine-api.ts';
import { toolNamed } from '../mcp/catalog.ts';
import { pathOf } from './http-reply.ts';
import type { Exchange } from './http-routes.ts';
import { callShape } from './tool-bridge.ts';

const URGENT_TOOLS: readonly string[] = [
  'kill_switch',
  'flatten_all',
  'close_position',
  'cancel_order',
];
const CONNECTING: readonly string[] = ['initialize', 'notifications/initialized', 'tools/list'];
/** No urgent call comes near; a larger body is not looked into. */
const MOST_BODY_BYTES = 4_096;

const messageShape = z.object({ method: z.string(), params: z.unknown().optional() });
const tokenShape = z.object({ confirm_token: z.string() });

interface ToolCall {
  readonly name: string;
  readonly args: unknown;
}

function toolCallOf(value: unknown): ToolCall | undefined {
  const { name, tool, arguments: args } = callShape.safeParse(value).data ?? {};
  const called = toolNamed(name ?? tool ?? '');
  return called && { name: called.name, args };
}

/** What kind of urgent call a request is; undefined where it can wait. */
export async function urgentKindOf(
  { request, body }: Exchange,
  api: EngineApi,
  caller: Caller,
): Promise<string | undefined> {
  const bytes = Number(request.headers['content-length'] ?? Number.NaN);
  if (request.method !== 'POST' || !(bytes <= MOST_BODY_BYTES)) return undefined;
  const read = await body();
  if ('status' in read) return undefined;
  if (pathOf(request) === '/mcp/call') return kindOfCall(toolCallOf(read.json), api, caller);
  const message = messageShape.safeParse(read.json).data;
  if (message === undefined) return undefined;
  if (CONNECTING.includes(message.method)) return message.method;
  return message.method === 'tools/call'
    ? kindOfCall(toolCallOf(message.params), api, caller)
    : undefined;
}

async function kindOfCall(call: ToolCall | undefined, api: EngineApi, caller: Caller) {
  if (call === undefined) return undefined;
  if (URGENT_TOOLS.includes(call.name)) return call.name;
  const token = tokenShape.safeParse(call.args).data?.confirm_token;
  if (call.name !== 'confirm_trade' || token === undefined) return undefined;
  const described = await api.describeToken(token, caller);
  const isExit = !('denied' in described) && described.value.purpose !== 'open';
  return isExit ? call.name : undefined;
}
