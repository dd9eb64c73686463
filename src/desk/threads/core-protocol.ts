/** Messages between the faces' thread, the core and the I/O worker, version 1. Plain data. */

import type { ReadResult } from '../../broker/account-reader.ts';
import type { PaperStatement } from '../../broker/paper/paper-statement.ts';
import type { AskOf, MarketRules, ReadKind, ValueOf } from '../../engine/domain/account-facts.ts';
import type { ChainListing } from '../../engine/domain/market.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import type { Effect } from '../effects.ts';
import type { Caller, EngineEvent, Stamp } from '../engine-api.ts';
import type { Command, Query } from '../inputs.ts';
import type { AccessToken, Unwanted } from './token-keeper-shell.ts';

/** To the core. */
export type ToCore =
  | {
      readonly kind: 'command';
      readonly id: number;
      readonly caller: Caller;
      readonly command: Command;
    }
  | {
      readonly kind: 'query';
      readonly id: number;
      readonly caller: Caller;
      readonly query: Query;
    }
  | {
      readonly kind: 'alertDelivered';
      readonly code: string;
      readonly channel: string;
      readonly ok: boolean;
      readonly alertSeq?: number | undefined;
      readonly undelivered: number;
    }
  | { readonly kind: 'auditBehind'; readonly behind: boolean; readonly detail: string }
  /** Everything that is journalled is on its way: close behind it. */
  | { readonly kind: 'closeJournal' };

/** From the core. */
export type FromCore =
  | { readonly kind: 'ready'; readonly recoveredRecords: number; readonly killed: boolean }
  | { readonly kind: 'reply'; readonly id: number; readonly stamp: Stamp; readonly result: unknown }
  | { readonly kind: 'event'; readonly event: EngineEvent }
  | Extract<Effect, { kind: 'alert' }>
  | { readonly kind: 'status'; readonly status: CoreStatus }
  | { readonly kind: 'stopped'; readonly unprotected: readonly string[] }
  | { readonly kind: 'fatal'; readonly message: string };

/** What the faces know of the core between questions; sent four times a second and on change. */
export interface CoreStatus {
  readonly stamp: Stamp;
  readonly session: SessionDate;
  readonly schedule: {
    readonly openingCutoffAt: number;
    readonly flattenStartAt: number;
    readonly flattenDeadlineAt: number;
  };
  /** Where the broker's rules of the session differ from the engine's; absent = not told. */
  readonly brokerRules?: readonly string[] | undefined;
  readonly chainOpen: boolean;
  readonly feed: {
    readonly state: string;
    readonly detail: string;
    readonly lastFrameWall: number | null;
    /** Receive minus exchange time of the newest trade of the underlying; absent = not known. */
    readonly lagMillis?: number | null;
    /** How late the market counts as told; absent = not at all. */
    readonly lateMillis?: number;
  };
  readonly journal: {
    readonly seq: number;
    readonly hash: string;
    readonly healthy: boolean;
    readonly wall: number | null;
  };
  readonly broker: { readonly name: string; readonly reconciled: boolean; readonly wall: number };
}

/** To and from the I/O worker. */
export type ToIo =
  | { readonly kind: 'token' }
  | { readonly kind: 'listing'; readonly date: SessionDate }
  | { readonly kind: 'rules'; readonly ask: AskOf<'marketRules'> }
  | { readonly kind: 'statement'; readonly id: number; readonly statement: PaperStatement }
  /** An access token for the broker's wires. */
  | ({ readonly kind: 'access' } & Unwanted);

export type FromIo =
  | { readonly kind: 'token'; readonly url: string; readonly token: string }
  | { readonly kind: 'tokenFailed'; readonly reason: string }
  | { readonly kind: 'listing'; readonly listing: ChainListing }
  /** Told only where the broker has said something. */
  | { readonly kind: 'rules'; readonly date: string; readonly rules: MarketRules }
  | { readonly kind: 'listingFailed'; readonly date: SessionDate; readonly reason: string }
  | ({ readonly kind: 'access' } & AccessToken)
  | { readonly kind: 'accessFailed'; readonly reason: string }
  /** The account reader of the paper broker asks what is known there now. */
  | { readonly kind: 'statementWanted'; readonly id: number };

/** From the faces' thread to the account reader on the I/O worker, and back: one answer a question. */
export interface ToReader<K extends ReadKind = ReadKind> {
  readonly kind: 'read';
  readonly id: number;
  readonly what: K;
  readonly ask: AskOf<K>;
}

export interface FromReader {
  readonly kind: 'readAnswer';
  readonly id: number;
  readonly result: ReadResult<ValueOf<ReadKind>>;
}
