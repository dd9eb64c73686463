/** What the door puts on everything that it read at the broker: `readAccount` of the door. */
import type { ReadSource } from '../engine/domain/account-facts.ts';

/** Stands on everything that was read: whose word it is, and how old. */
export interface ReadOrigin {
  readonly source: ReadSource;
  /** Milliseconds since the oldest part of it was true. */
  readonly readAgeMs: number;
  /** What to know about it; null where there is nothing. */
  readonly readNote: string | null;
}
