/**
 * Where a simulated session can be changed from outside: each function stands between two parts of
 * the engine. With none of them the parts meet each other directly.
 */

import type { OrderGateway } from '../../broker/order-gateway.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { Desk } from '../desk.ts';
import type { DeskConfig } from '../desk-config.ts';
import type { Input } from '../inputs.ts';
import type { JournalAnswer } from './journal-model.ts';

export interface SessionWraps {
  /** Inputs on their way to the desk, after the oracles have heard them. */
  readonly input?: (input: Input) => Input;
  /** The broker as the desk sees it. */
  readonly gateway?: (broker: OrderGateway) => OrderGateway;
  /** Called once with each desk that is built. */
  readonly desk?: (desk: Desk) => void;
  /** Records on their way to the journal; undefined = none arrives. */
  readonly record?: (
    record: AuditRecord,
    plainTokens: () => readonly string[],
  ) => AuditRecord | undefined;
  /** The journal's answers on their way to the desk. */
  readonly answers?: (
    answers: readonly JournalAnswer[],
    at: Input['at'],
  ) => readonly JournalAnswer[];
  /** The kill word as the shell reads it right before a send. */
  readonly killWord?: (isKilled: boolean) => boolean;
  /** The kill word as it is read once more where a connection has just been made. */
  readonly connectWord?: (isKilled: boolean) => boolean;
  /** The configuration the desk is given. */
  readonly config?: (config: DeskConfig) => DeskConfig;
}
