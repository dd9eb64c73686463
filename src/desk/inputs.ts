/**
 * Everything that can happen to the desk, version 9 (1 knew no late feed, 2 no rules of the broker, 3 no lag
 * below the one that is late, 4 no listing that cannot be had, 5 no clock behind the feed's, 6 no pages that
 * wait, 7 no latch that the disk lacks, 8 no bar that is taken back). `step` is a function of these alone: they
 * are what the recorder writes and what a replay reads. Each carries both clocks.
 */

import type { WireInput } from '../broker/order-gateway.ts';
import type { MarketRules } from '../engine/domain/account-facts.ts';
import type { At } from '../engine/domain/clock.ts';
import type { Bar, ChainListing } from '../engine/domain/market.ts';
import type { EpochMicros, Price } from '../engine/domain/units.ts';
import type { Caller } from './engine-api.ts';
import type { AlertRequest } from './engine-api-plan.ts';
import type { OrderRequest, StrategyRequest } from './engine-api-requests.ts';

export const INPUT_VERSION = 9;

/** A change that a face asks for. The token is known here by its SHA-256 (hex) only. */
export type Command =
  | {
      readonly kind: 'previewStrategy';
      readonly request: StrategyRequest;
      readonly tokenSha256: string;
    }
  | { readonly kind: 'confirm'; readonly tokenSha256: string }
  | {
      readonly kind: 'previewClose';
      readonly target: string;
      readonly quantity: number | undefined;
      readonly tokenSha256: string;
    }
  | {
      readonly kind: 'previewOrder';
      readonly request: OrderRequest;
      readonly tokenSha256: string;
    }
  | {
      readonly kind: 'previewReplace';
      readonly orderId: string;
      /** Dollars per share, signed: credit positive. */
      readonly limit: number;
      readonly tokenSha256: string;
    }
  | { readonly kind: 'previewFlatten'; readonly tokenSha256: string }
  | { readonly kind: 'cancel'; readonly orderId: string; readonly tokenSha256: string }
  | { readonly kind: 'kill'; readonly reason: string }
  /** What keeps the latch of a kill from the disk: known only behind the kill. */
  | { readonly kind: 'latchMissing'; readonly fault: string }
  | { readonly kind: 'rearm' }
  | { readonly kind: 'flattenNow' }
  | { readonly kind: 'reconcile' }
  | { readonly kind: 'adopt' }
  /** The secret behind the hash is thrown away: the hash names the grant. */
  | { readonly kind: 'planGrant'; readonly budgetCents: number; readonly grantSha256: string }
  | { readonly kind: 'planRevoke' }
  | { readonly kind: 'setAlert'; readonly request: AlertRequest }
  | { readonly kind: 'clearAlert'; readonly alertId: string }
  | { readonly kind: 'shutdown'; readonly policy: 'flatten' | 'leave' };

/** What of an order could open or increase, and so asks for clearance at the wire. */
export type WireAct = 'submit' | 'reprice';

/** A question that changes nothing; answered from the desk's own state. */
export type Query =
  | { readonly kind: 'describeToken'; readonly tokenSha256: string }
  | { readonly kind: 'orderStatus'; readonly orderId: string }
  | { readonly kind: 'recentOrders'; readonly limit: number }
  | { readonly kind: 'pnl' }
  | { readonly kind: 'portfolioDelta' }
  | { readonly kind: 'portfolioGreeks' }
  | { readonly kind: 'riskCheck'; readonly decisions?: number }
  | { readonly kind: 'planStatus' }
  | { readonly kind: 'alerts' }
  | { readonly kind: 'scanInputs' };

/**
 * One input. Those of the market (`quote` to `batchEnd`) and their `at` may be objects that the caller
 * writes again for the next one: whoever takes an input reads it during the step, and copies what is
 * to be kept.
 */
export type Input =
  | { readonly kind: 'listing'; readonly at: At; readonly listing: ChainListing }
  | {
      /** The listing of a day cannot be had now; it is asked for again. */
      readonly kind: 'listingFailed';
      readonly at: At;
      readonly date: string;
      readonly reason: string;
    }
  | {
      /** What the broker says of a session and its options. */
      readonly kind: 'brokerRules';
      readonly at: At;
      readonly date: string;
      readonly rules: MarketRules;
    }
  | {
      /** `index` is the chain row, -1 the underlying. */
      readonly kind: 'quote';
      readonly at: At;
      readonly index: number;
      readonly bid: Price | undefined;
      readonly ask: Price | undefined;
      readonly bidSize: number;
      readonly askSize: number;
    }
  | {
      readonly kind: 'last';
      readonly at: At;
      readonly index: number;
      readonly price: Price;
      readonly volume: number | undefined;
    }
  | {
      readonly kind: 'feedGreeks';
      readonly at: At;
      readonly index: number;
      readonly delta: number;
      readonly impliedVol: number;
    }
  | {
      readonly kind: 'openInterest';
      readonly at: At;
      readonly index: number;
      readonly contracts: number;
    }
  | { readonly kind: 'bar'; readonly at: At; readonly bar: Bar }
  /** The feed took a bar back. */
  | { readonly kind: 'barGone'; readonly at: At; readonly startsAt: EpochMicros }
  | { readonly kind: 'batchEnd'; readonly at: At }
  | {
      readonly kind: 'feed';
      readonly at: At;
      readonly connected: boolean;
      readonly detail: string;
      /** How far behind the market the feed is known to be, where that is too far; absent = on time. */
      readonly lateMillis?: number;
      /** How far behind its trades have been for some seconds, where that is worth telling whoever holds
       * something; absent = not. */
      readonly behindMillis?: number;
      /** How far ahead of this machine's clock its trades come, one after the other; absent = not. */
      readonly aheadMillis?: number;
    }
  | { readonly kind: 'clock'; readonly at: At }
  | {
      readonly kind: 'command';
      readonly at: At;
      readonly id: number;
      readonly caller: Caller;
      readonly command: Command;
    }
  | {
      readonly kind: 'journalDurable';
      readonly at: At;
      readonly seq: number;
      readonly hash: string;
    }
  | {
      readonly kind: 'journalFailed';
      readonly at: At;
      readonly reason: string;
      /** True when not even the reserve holds records any more. */
      readonly reserveExhausted: boolean;
    }
  | {
      readonly kind: 'cleared' | 'blockedByKill';
      readonly at: At;
      readonly intentId: string;
      /** What was asked for; absent in older recordings, which asked for submits only. */
      readonly act?: WireAct;
    }
  | { readonly kind: 'wire'; readonly at: At; readonly wire: WireInput }
  | {
      /** Whether the sealed audit log, or the object store behind it, is too far behind. */
      readonly kind: 'auditBehind';
      readonly at: At;
      readonly behind: boolean;
      readonly detail: string;
    }
  | {
      readonly kind: 'alertDelivered';
      readonly at: At;
      readonly code: string;
      readonly channel: string;
      readonly ok: boolean;
      readonly alertSeq?: number | undefined;
      /** Alerts that some channel has not taken, this one too where it was not; absent in older recordings. */
      readonly undelivered?: number | undefined;
    };
