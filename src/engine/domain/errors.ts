/** Operating errors: the world broke, not the program and not the user's order. */

export type ErrorCode =
  | 'CONFIG_INVALID'
  | 'PORT_IN_USE'
  | 'ENGINE_ALREADY_RUNNING'
  | 'ENGINE_UNREACHABLE'
  | 'HELLO_MISMATCH'
  | 'JOURNAL_CORRUPT'
  | 'JOURNAL_FAILED'
  | 'DISK_FULL'
  | 'FEED_UNREACHABLE'
  | 'FEED_AUTH'
  | 'BROKER_UNREACHABLE'
  | 'CHAIN_BUSY'
  | 'AUDIT_SINK_FAILED'
  | 'REPLAY_DIVERGED'
  | 'INPUT_INVALID'
  | 'INTERNAL';

/** An error with a closed code. `message` is safe to show to anyone and says what to do next;
 * `cause` keeps the detail for logs. */
export class DeltaringError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DeltaringError';
    this.code = code;
  }
}
