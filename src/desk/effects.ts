/** Everything the desk can ask for, version 1. The shell of the core thread performs them in order. */

import type { GatewayEffect } from '../broker/order-gateway.ts';
import type { AskOf } from '../engine/domain/account-facts.ts';
import type { AlertSeverity, AuditRecord } from '../engine/domain/audit-record.ts';
import type { SessionDate } from '../engine/domain/units.ts';
import type { AlertAction } from '../ops/alert-channel.ts';
import type { EngineEvent } from './engine-api.ts';
import type { WireAct } from './inputs.ts';

export type Effect =
  | {
      /** Append to the journal. `urgent` records of exits and kills may use the reserve. */
      readonly kind: 'append';
      readonly record: AuditRecord;
      readonly urgent: boolean;
    }
  | {
      /** The answer to a command or query: an Answer without its stamp, as plain data. */
      readonly kind: 'reply';
      readonly id: number;
      readonly result: unknown;
    }
  | {
      /** Asks the shell to look at the kill word right before what could open or increase goes out:
       * a submit, or a new limit for an opening that works. The shell answers with `cleared` or
       * `blockedByKill` for the same act. Closing orders are always cleared. */
      readonly kind: 'clearance';
      readonly intentId: string;
      readonly opening: boolean;
      readonly act: WireAct;
    }
  | { readonly kind: 'wire'; readonly effect: Exclude<GatewayEffect, { kind: 'event' }> }
  | { readonly kind: 'fetchListing'; readonly date: SessionDate }
  | { readonly kind: 'fetchRules'; readonly ask: AskOf<'marketRules'> }
  | { readonly kind: 'subscribe'; readonly symbols: readonly string[] }
  | {
      readonly kind: 'alert';
      readonly severity: AlertSeverity;
      readonly code: string;
      readonly text: string;
      readonly action: AlertAction;
      readonly subject?: string;
      /** Its record. */
      readonly alertSeq: number;
    }
  | { readonly kind: 'publish'; readonly event: EngineEvent }
  | { readonly kind: 'stopped'; readonly unprotected: readonly string[] };
