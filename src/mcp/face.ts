/**
 * A face: the tools one connected client sees, and the rights it calls them with. Every transport
 * (stdio, HTTP, the plain-JSON bridge) serves faces. Main thread only.
 */
import type { Config, ConfirmMode, Toolset } from '../config.ts';
import type { Caller, EngineApi } from '../desk/engine-api.ts';
import type { ClientRights } from '../engine/domain/client-rights.ts';
import { FULL_RIGHTS, narrower } from '../engine/domain/client-rights.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import type { Counters } from '../ops/counters.ts';
import { AnsweredTokens } from './answered-tokens.ts';
import { ApprovalDesk } from './approvals.ts';
import { stricterConfirm } from './asked-settings.ts';
import { ToolShelf } from './catalog.ts';
import type { AskHuman } from './confirm-dialog.ts';
import { Dialogs } from './confirm-dialog.ts';
import { hidesConfirm } from './confirm-rungs.ts';
import { RecentCards } from './recent-cards.ts';
import type { Purpose } from './redeem-token.ts';
import { redeemerOf } from './redeem-token.ts';
import { ResourceDesk } from './resource-desk.ts';
import type { Scope } from './scopes.ts';
import { StreamDesk } from './stream-desk.ts';
import type { Conversation, Tool, ToolContext } from './tool.ts';
import type { ListedTool } from './tool-listing.ts';
import { listedTool } from './tool-listing.ts';
import type { ToolResult } from './tool-result.ts';
import { toolResult } from './tool-result.ts';
import { cardOf } from './trade-card-app.ts';

/** What the operator lets every face do. */
export interface FaceSettings {
  readonly toolsets: readonly Toolset[];
  readonly readOnly: boolean;
  readonly confirmMode: ConfirmMode;
  /** The most that any client may do. */
  readonly rights: ClientRights;
}

/** The settings that concern faces. */
export type FaceConfig = Pick<
  Config,
  'DELTARING_TOOLSETS' | 'DELTARING_READ_ONLY' | 'DELTARING_CONFIRM' | 'DELTARING_AUTHORITY'
>;

export function faceSettings(config: FaceConfig): FaceSettings {
  return {
    toolsets: config.DELTARING_TOOLSETS,
    readOnly: config.DELTARING_READ_ONLY,
    confirmMode: config.DELTARING_CONFIRM,
    rights: config.DELTARING_AUTHORITY,
  };
}

/** What all faces of one engine share. */
export interface FaceRoom {
  readonly api: EngineApi;
  readonly settings: FaceSettings;
  readonly tokens: AnsweredTokens;
  readonly approvals: ApprovalDesk;
  readonly streams: StreamDesk;
  readonly resources: ResourceDesk;
  readonly cards: RecentCards;
  readonly counters: Counters | undefined;
  /** The trade card's page for hosts that show apps; undefined = none is offered. */
  readonly tradeCardHtml: string | undefined;
  /** Ends every stream and timer. */
  close(): void;
}

/** Builds the room for an engine's faces. */
export function createFaceRoom(
  api: EngineApi,
  settings: FaceSettings,
  counters?: Counters,
  tradeCardHtml?: string,
): FaceRoom {
  const streams = new StreamDesk(api);
  const resources = new ResourceDesk(api);
  const close = (): void => {
    streams.close();
    resources.close();
  };
  const tokens = new AnsweredTokens();
  return {
    api,
    settings,
    tokens,
    approvals: new ApprovalDesk(api, tokens),
    streams,
    resources,
    cards: new RecentCards(),
    counters,
    tradeCardHtml,
    close,
  };
}

/** A caller as a transport knows it: an OAuth token carries scopes, other callers hold them all. */
export interface Visitor extends Caller {
  readonly scopes?: readonly Scope[];
}

/** What the client behind a call can do for it. */
export interface Host {
  readonly ask?: AskHuman | undefined;
  readonly progress?: ToolContext['progress'];
  readonly isGivenUp?: ToolContext['isGivenUp'];
}

/** How a client narrows what it may do. It can never widen it. */
export interface Narrowing {
  readonly rights?: ClientRights | undefined;
  readonly toolsets?: readonly Toolset[] | undefined;
  readonly readOnly?: boolean | undefined;
  readonly confirm?: ConfirmMode | undefined;
  /** What the client has to know of the engine it joined. */
  readonly notice?: string | undefined;
}

const OBSERVING: ClientRights = { authority: 'observe' };

/** One client's view of the engine. */
export class Face {
  readonly room: FaceRoom;
  readonly caller: Caller;
  readonly shelf: ToolShelf;
  readonly notice: string | undefined;
  readonly #confirmMode: ConfirmMode;
  readonly #readOnly: boolean;
  readonly #conversation: Conversation = { dialogs: new Dialogs() };
  readonly #listing: readonly ListedTool[];
  readonly #scopes: readonly Scope[] | undefined;

  constructor(room: FaceRoom, identity: Visitor, narrowing: Narrowing = {}) {
    const { settings } = room;
    const readOnly = settings.readOnly || narrowing.readOnly === true;
    const most = narrower(readOnly ? OBSERVING : FULL_RIGHTS, settings.rights);
    const rights = narrower(narrower(most, identity), narrowing.rights ?? most);
    const { authority } = rights;
    const toolsets = settings.toolsets.filter(
      (set) => narrowing.toolsets === undefined || narrowing.toolsets.includes(set),
    );
    this.room = room;
    this.caller = { principal: identity.principal, ...rights };
    this.shelf = new ToolShelf({ toolsets, authority, scopes: identity.scopes });
    this.notice = narrowing.notice;
    this.#confirmMode = stricterConfirm(settings.confirmMode, narrowing.confirm);
    this.#readOnly = readOnly;
    this.#scopes = identity.scopes;
    this.#listing = this.shelf.tools.map(listedTool);
  }

  /** The listing for a client that can show a dialog, or cannot. */
  list(canAsk: boolean): readonly ListedTool[] {
    const isHidden = hidesConfirm(this.#confirmMode, canAsk);
    return isHidden ? this.#listing.filter(({ name }) => name !== 'confirm_trade') : this.#listing;
  }

  /** True where the caller's token is good for this; callers without scopes hold them all. */
  holds(scope: Scope): boolean {
    return this.#scopes?.includes(scope) !== false;
  }

  /** The tool that a trade card's buttons call; undefined where none that could is offered. */
  redeemer(purpose: Purpose, ask: AskHuman | undefined): string | undefined {
    const confirmMode = this.#confirmMode;
    const offers = (name: string): boolean => this.shelf.find(name) !== undefined;
    const name = redeemerOf({ confirmMode, ask, offers }, purpose);
    return offers(name) ? name : undefined;
  }

  /** Runs a tool. A refusal is a result; what is thrown is a fault of the engine. */
  async call(tool: Tool, args: unknown, host: Host = {}): Promise<ToolResult> {
    const { api, tokens, approvals, streams, cards, counters } = this.room;
    const started = wallMicros();
    try {
      const answer = await tool.call(
        {
          api,
          caller: this.caller,
          confirmMode: this.#confirmMode,
          readOnly: this.#readOnly,
          holds: (scope) => this.holds(scope),
          offers: (name) => this.shelf.find(name) !== undefined,
          ask: host.ask,
          progress: host.progress,
          isGivenUp: host.isGivenUp,
          conversation: this.#conversation,
          tokens,
          approvals,
          streams,
        },
        args,
      );
      const result = toolResult(answer, tool.exact);
      const card = cardOf(result);
      if (card !== undefined) cards.put(this.caller.principal, card);
      return result;
    } finally {
      counters?.add('tool_calls');
      counters?.observe('tool_micros', wallMicros() - started);
    }
  }
}
