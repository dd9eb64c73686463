/** Messages between the audit thread and the one that started it, version 1. Plain data. */
import type { ErrorCode } from '../engine/domain/errors.ts';
import type { ShippingLag } from './log-shipper.ts';
import type { S3StoreSettings } from './s3-store-shell.ts';

/** Where sealed files are shipped to. */
export interface ShippingTarget extends S3StoreSettings {
  readonly retentionYears: number;
  readonly prefix: string;
}

/** What the audit thread is started with. */
export interface SealingStart {
  readonly home: string;
  readonly build: string;
  readonly s3: ShippingTarget | undefined;
}

/** The newest checkpoint of the sealed log, as shown to the outside. */
export interface SealedHead {
  readonly size: number;
  /** Hex. */
  readonly root: string;
  readonly checkpoint: number;
  /** Number of the last record it covers. */
  readonly lastSeq: number;
}

/** How far sealing and shipping are behind. */
export interface SealingLag {
  /** How long the oldest acknowledged record has waited to be sealed. */
  readonly unsealedMillis: number;
  /** Undefined where nothing is shipped. */
  readonly shipping: ShippingLag | undefined;
}

/** To the audit thread: seal and ship what is left, and end. */
export interface ToSealing {
  readonly kind: 'close';
}

/** From the audit thread. */
export type FromSealing =
  | { readonly kind: 'opened' }
  | { readonly kind: 'openFailed'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'head'; readonly head: SealedHead }
  | { readonly kind: 'lag'; readonly lag: SealingLag }
  | { readonly kind: 'problem'; readonly reason: string }
  | { readonly kind: 'closed' };
