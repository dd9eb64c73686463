/**
 * The contract of a tool, version 1: plain data and one function. A tool knows the engine's door
 * and nothing of the protocol that carries it.
 */
import type { z } from 'zod';
import type { ConfirmMode, Toolset } from '../config.ts';
import type { Caller, EngineApi, Stamp } from '../desk/engine-api.ts';
import type { Authority } from '../engine/domain/client-rights.ts';
import type { CheckResult, Denial } from '../engine/domain/verdict.ts';
import type { AnsweredTokens } from './answered-tokens.ts';
import type { ApprovalDesk } from './approvals.ts';
import type { AskHuman, Dialogs } from './confirm-dialog.ts';
import type { Scope } from './scopes.ts';
import type { StreamDesk } from './stream-desk.ts';
import { readArguments } from './tool-arguments.ts';

export const TOOL_CONTRACT_VERSION = 1;

/** What one connection remembers between calls; it belongs to that connection. */
export interface Conversation {
  readonly dialogs: Dialogs;
}

/** All that a handler may touch. */
export interface ToolContext {
  readonly api: EngineApi;
  readonly caller: Caller;
  readonly confirmMode: ConfirmMode;
  /** True where nothing may be traded through this face. */
  readonly readOnly: boolean;
  /** True where the caller's token is good for this; callers without scopes hold them all. */
  readonly holds: (scope: Scope) => boolean;
  /** True where a tool of this name answers at this face, listed or not. */
  readonly offers: (name: string) => boolean;
  /** Asks the human behind the client; undefined where the client cannot. */
  readonly ask: AskHuman | undefined;
  /** Tells a client that waits what has happened so far; undefined where it did not ask. */
  readonly progress?: ((message: string) => void) | undefined;
  /** True once the client gave this call up: nobody hears its answer any more. */
  readonly isGivenUp?: (() => boolean) | undefined;
  readonly conversation: Conversation;
  readonly tokens: AnsweredTokens;
  readonly approvals: ApprovalDesk;
  readonly streams: StreamDesk;
}

/** A refusal with the stamp of its moment. */
export interface Refused {
  readonly stamp: Stamp;
  readonly denied: Denial;
  readonly checks?: readonly CheckResult[];
}

/** What a tool answers: a value with one short text that stands by itself, or a refusal. */
export type ToolAnswer =
  | { readonly stamp: Stamp; readonly value: object; readonly text: string }
  | Refused;

/** What a host may assume. Every tool states all four. */
export interface ToolHints {
  readonly readOnly: boolean;
  readonly destructive: boolean;
  readonly idempotent: boolean;
  /** True where the call reaches the world outside this engine. */
  readonly openWorld: boolean;
}

/** A tool as its file writes it. Arguments reach the handler checked and with their defaults. */
export interface ToolPlan<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** "Use this when …", for a model that chooses between tools. */
  readonly description: string;
  readonly toolset: Toolset;
  readonly input: Input;
  /** Arguments of `input` that work and are not listed: older ones, and what our own page sends. */
  readonly unlisted?: readonly string[];
  readonly output: z.ZodObject;
  /** Fields of `output` that the listing names beside the stamp; all of them where left out. */
  readonly listedOutput?: readonly string[];
  /** True where somebody else laid down the shape: the value goes out alone, and its text is the same
   * JSON. A refusal of such a tool is a text. */
  readonly exact?: boolean;
  readonly hints: ToolHints;
  readonly authority: Authority;
  /** What an OAuth token must be good for; other callers hold every scope. */
  readonly scope: Scope;
  /** Older names, callable and not listed. */
  readonly aliases: readonly string[];
  /** What answers to an older name that promises less than the tool does. */
  readonly heldTo?: Readonly<Record<string, Tool>>;
  readonly handler: (context: ToolContext, args: z.output<Input>) => Promise<ToolAnswer>;
}

/** A tool as the faces use it. */
export interface Tool extends Omit<ToolPlan<z.ZodObject>, 'handler'> {
  /** Checks the arguments and runs the handler. A fault in them is a refusal, never an exception. */
  readonly call: (context: ToolContext, raw: unknown) => Promise<ToolAnswer>;
}

/** Hints of a tool that changes nothing. */
export const READS: ToolHints = {
  readOnly: true,
  destructive: false,
  idempotent: true,
  openWorld: false,
};

/** Makes a tool of its plan. */
export function defineTool<Input extends z.ZodObject>(plan: ToolPlan<Input>): Tool {
  const { handler, ...data } = plan;
  return {
    ...data,
    call: async (context, raw) => {
      const args = readArguments(plan, raw);
      if ('denied' in args) return { stamp: context.api.stamp(), denied: args.denied };
      return handler(context, args.value);
    },
  };
}
