/** What a scan of a journal shows. Plain data. */
import type { CheckpointRead } from './checkpoint.ts';
import type { ChainPosition, FileHeader } from './journal-format.ts';

/** Something to tell the operator that is not a fault. */
export interface JournalNotice {
  readonly kind:
    | 'tornTail'
    | 'beyondCheckpoint'
    | 'unacknowledged'
    | 'reserveGap'
    | 'checkpointMissing'
    | 'recordingDeleted';
  readonly text: string;
}

/** Where the journal stops being what was written, and why. */
export interface ScanFault {
  readonly file: string;
  readonly offset: number;
  /** Number of the record that should stand there. */
  readonly seq: number;
  readonly what: string;
}

export interface ScannedFile {
  readonly name: string;
  readonly header: FileHeader;
  /** Offset after the last record that counts. */
  readonly end: number;
}

export interface KeptFile extends ScannedFile {
  readonly bytes: Buffer;
}

export interface JournalScan {
  readonly files: readonly ScannedFile[];
  /** The last of them, which is written on. */
  readonly last: KeptFile | undefined;
  /** The reserve, when it holds records that are in no numbered file yet. */
  readonly reserve: KeptFile | undefined;
  readonly position: ChainPosition;
  readonly records: number;
  /** True when the last numbered file ends exactly with its last record. */
  readonly exactEnd: boolean;
  readonly checkpoint: CheckpointRead;
  readonly notices: readonly JournalNotice[];
  readonly fault: ScanFault | undefined;
}
