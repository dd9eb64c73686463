import { z } from 'zod';
import type { Refusal } from './trader.ts';

const answerShape = z.object({
  isError: z.boolean(),
  content: z.array(z.object({ type: z.literal('text'), text: z.string() })).length(1),
  structuredContent: z.record(z.string(), z.unknown()),
});

const faultShape = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** What the plain-JSON bridge answered to one request. */
export interface BridgeReply {
  readonly status: number;
  readonly body: unknown;
}

export type Headers = Readonly<Record<string, string>>;

/** The headers of whoever bears a token. */
export function bearer(token: string): Headers {
  return { Authorization: `Bearer ${token}` };
}

/** Calls a tool over the bridge. */
export async function callOverBridge(
  url: string,
  headers: Headers,
  body: unknown,
): Promise<BridgeReply> {
  const response = await fetch(`${url}/mcp/call`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** The structured content of a call that the bridge took. */
export function contentOf(reply: BridgeReply): Readonly<Record<string, unknown>> {
  return answerShape.parse(reply.body).structuredContent;
}

/** The refusal of a call that the bridge took. */
export function refusalOf(reply: BridgeReply): Refusal {
  const { isError, structuredContent } = answerShape.parse(reply.body);
  if (!isError) throw new Error(`this was no refusal: ${JSON.stringify(structuredContent)}`);
  return structuredContent['denied'] as Refusal;
}

/** The code with which the server refused a request. */
export function faultOf(reply: BridgeReply): string {
  return faultShape.parse(reply.body).error.code;
}
