/** What a simulator is started with and what it answers. Plain data: it crosses a thread. */
import type { SimulatedTime } from '../engine/domain/clock.ts';
import type { MarketTape } from './replay/market-tape.ts';
import type { SimCredentials } from './rest/rest-api.ts';
import type { KnobChange, SimKnobs } from './sim-knobs.ts';

/** What a simulator is started with. */
export interface SimOptions {
  readonly seed: number;
  /** What is traded, SPY by default. */
  readonly underlying?: string;
  /** How market time runs; the engine computes the same from the same value. */
  readonly time: SimulatedTime;
  /** A file of real one-minute bars that the underlying follows. */
  readonly bars?: string;
  /** A recorded market, played instead of one that is made up. */
  readonly tape?: MarketTape;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly knobs?: Partial<SimKnobs>;
  /** Seconds of silence after which a client is dropped; the real server's 60 where unset. */
  readonly keepaliveSeconds?: number;
}

/** Where a simulator is found, and what opens it. */
export interface SimAddress {
  /** The REST service, as `http://127.0.0.1:PORT`. */
  readonly baseUrl: string;
  /** The DXLink websocket. */
  readonly dxlinkUrl: string;
  readonly credentials: SimCredentials;
}

/** What a simulator's thread is told. */
export type SimCommand =
  | { readonly kind: 'knobs'; readonly change: KnobChange }
  | { readonly kind: 'stop' };

/** What a simulator's thread says: once ready or failed, and once stopped. */
export type SimNotice =
  | ({ readonly kind: 'ready' } & SimAddress)
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'stopped' };
