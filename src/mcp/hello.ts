/**
 * The hello of the engine's own socket, protocol 1: one JSON line each way before anything else.
 * The client says who it thinks it speaks to; whatever does not fit is a clear error line. What it
 * asks for can narrow its rights, never widen them.
 */
import { z } from 'zod';
import { TOOLSET_NAMES } from '../config.ts';
import type { EngineIdentity } from '../desk/engine-api.ts';
import { askedShape } from './asked-settings.ts';

export const HELLO_PROTOCOL = 1;
/** A hello is one short line; more is not one of ours. */
export const LONGEST_HELLO_BYTES = 4_096;

const toolset = z.enum(TOOLSET_NAMES);

const helloShape = z.object({
  protocol: z.number(),
  kind: z.enum(['mcp', 'console']),
  build: z.string(),
  broker: z.string(),
  environment: z.string(),
  account: z.string().optional(),
  authority: z.enum(['observe', 'reduce', 'open']).optional(),
  openUpToCents: z.int().nonnegative().optional(),
  toolsets: z.array(toolset).optional(),
  readOnly: z.boolean().optional(),
  ...askedShape,
});

/** What a client says first. */
export type Hello = z.infer<typeof helloShape>;

const replyShape = z.union([
  z.object({
    protocol: z.number(),
    ok: z.literal(true),
    build: z.string(),
    broker: z.string(),
    environment: z.string(),
    account: z.string(),
    notice: z.string().optional(),
  }),
  z.object({
    protocol: z.number(),
    ok: z.literal(false),
    error: z.object({ code: z.string(), message: z.string() }),
  }),
]);

/** What the engine answers. */
export type HelloReply = z.infer<typeof replyShape>;

/** Whom a client expects behind the socket. */
export interface ExpectedEngine {
  readonly build: string;
  readonly broker: string;
  readonly environment: string;
  /** Absent where a client cannot know it: the engine learns it from the broker's keys. */
  readonly accountId?: string | undefined;
  /** Who has its home, in words ("process 12"); absent where nobody does, or nobody looked. */
  readonly holder?: string | undefined;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Reads a client's first line; undefined when it is no hello. */
export function readHello(line: string): Hello | undefined {
  return helloShape.safeParse(parseJson(line)).data;
}

/** Reads the engine's answer; undefined when it is none. */
export function readHelloReply(line: string): HelloReply | undefined {
  return replyShape.safeParse(parseJson(line)).data;
}

/** The hello of a client that expects this engine. */
export function helloTo(engine: ExpectedEngine, kind: Hello['kind']): Hello {
  const { build, broker, environment, accountId: account } = engine;
  return { protocol: HELLO_PROTOCOL, kind, build, broker, environment, account };
}

/**
 * Answers a hello. A console is let in whatever its build and settings: an operator who has just updated,
 * or whose terminal lacks the variables of the start, must still be able to stop the engine that runs.
 * Its home is the socket's own. `notice` is for whoever reads the client's errors.
 */
export function answerHello(
  hello: Hello | undefined,
  engine: EngineIdentity,
  notice?: string,
): HelloReply {
  const fault = hello === undefined ? 'this is not a hello of deltaring' : faultOf(hello, engine);
  if (fault !== undefined) {
    const error = { code: 'HELLO_MISMATCH', message: fault };
    return { protocol: HELLO_PROTOCOL, ok: false, error };
  }
  const { build, broker, environment, accountId: account } = engine;
  return { protocol: HELLO_PROTOCOL, ok: true, build, broker, environment, account, notice };
}

function faultOf(hello: Hello, engine: EngineIdentity): string | undefined {
  if (hello.protocol !== HELLO_PROTOCOL) {
    return `the running engine speaks hello protocol ${HELLO_PROTOCOL}, this command ${hello.protocol}: use the deltaring that started the engine, or stop it and start it with this one`;
  }
  if (hello.kind === 'console') return undefined;
  const pairs = [
    ['broker', hello.broker, engine.broker, 'DELTARING_BROKER'],
    ['environment', hello.environment, engine.environment, 'DELTARING_ENV'],
    ['account', hello.account ?? engine.accountId, engine.accountId, 'DELTARING_HOME'],
  ] as const;
  for (const [name, wanted, running, setting] of pairs) {
    if (wanted !== running) {
      return `the running engine has ${name} ${running}, this command wants ${wanted}: give both the same ${setting}, or stop the engine first`;
    }
  }
  if (hello.build !== engine.build) {
    return `the running engine is build ${engine.build}, this command is build ${hello.build}: stop the engine (Ctrl-C or SIGTERM to deltaring serve) and it starts anew with this build`;
  }
  return undefined;
}
