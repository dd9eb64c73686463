import type { AccountPace } from './request-turns-shell.ts';

/**
 * How a broker is reached: what an adapter leaves to the shell that performs its effects. Plain data
 * that crosses to the core thread once, at the start; it may hold secrets and is never recorded.
 *
 * A new broker needs three things: an adapter (`OrderGateway`, pure), a case in `gateway-of.ts` that
 * builds it from the desk's configuration, and one of these, with the ceilings of its service
 * (a `PacePlan` beside the adapter). `BrokerWireShell` does the rest: it
 * sends each `httpSend` to `restUrl` plus its path with `headers` and the login's own, keeps one
 * account socket to `socketUrl` open, and hands every answer and frame to the desk as the recorded
 * input `wire`. The adapter says its hello itself: on `socketOpen` it sends a `socketSend` whose
 * text holds the marks of `SECRET_MARKS` where secrets belong. Frames may be text or binary.
 */
export interface BrokerWire {
  /** Without a path or a slash at its end. */
  readonly restUrl: string;
  readonly socketUrl: string;
  /** Sent with every request; nothing secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly login: BrokerLogin;
  /** Shared with whatever else asks this account. */
  readonly pace: AccountPace;
}

export type BrokerLogin =
  /** Access tokens of an OAuth grant, kept by the I/O worker and asked for over its port. */
  | { readonly kind: 'oauth' }
  /** Keys that never change. */
  | { readonly kind: 'keys'; readonly keyId: string; readonly secretKey: string };
