/** What an operator's console and the engine say to each other: a JSON object a line, each way. */
import { z } from 'zod';

export const CONSOLE_METHODS = [
  'status',
  'health',
  'kill',
  'rearm',
  'flatten',
  'pair',
  'adopt',
  'plan',
  'planGrant',
  'planRevoke',
  'shutdown',
] as const;
export type ConsoleMethod = (typeof CONSOLE_METHODS)[number];

const requestShape = z.object({
  id: z.number(),
  method: z.enum(CONSOLE_METHODS),
  params: z
    .object({
      reason: z.string().optional(),
      budgetCents: z.int().positive().optional(),
    })
    .default({}),
});
export type ConsoleRequest = z.infer<typeof requestShape>;

const replyShape = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type ConsoleReply = z.infer<typeof replyShape>;

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Reads a request; undefined when it is none. */
export function readConsoleRequest(line: string): ConsoleRequest | undefined {
  return requestShape.safeParse(parseJson(line)).data;
}

/** Reads a reply; undefined when it is none. */
export function readConsoleReply(line: string): ConsoleReply | undefined {
  return replyShape.safeParse(parseJson(line)).data;
}
