/** What the desk is told once, at its start. Plain data: it crosses to the core thread. */
import type { LimitRaise } from '../engine/domain/limit-raise.ts';
import type { Limits } from '../risk/limits.ts';
import type { ExitSettings } from './exits/exit-settings.ts';
import { DEFAULT_EXIT_SETTINGS } from './exits/exit-settings.ts';
import type { PlanSheet } from './plan/plan-sheet.ts';

/** The sealed log as it stands when the engine starts. */
export interface AuditStart {
  readonly logSize: number;
  /** Hex. */
  readonly logRoot: string;
  /** Fingerprint of the key that signs it. */
  readonly auditKey: string;
}

export interface DeskConfig {
  readonly build: string;
  readonly configFingerprint: string;
  readonly environment: 'paper' | 'live';
  /** Absent in recordings from before there was a choice: the embedded paper broker. */
  readonly broker?: 'paper' | 'tastytrade' | 'alpaca';
  readonly underlying: string;
  /** The limits without any raise. */
  readonly limits: Limits;
  /** Raises that the operator configured, each with its end; absent in older recordings. */
  readonly limitRaises?: readonly LimitRaise[] | undefined;
  /** What the start record says about the sealed log; absent where none is kept. */
  readonly audit?: AuditStart | undefined;
  /** Wall time less the machine's uptime, micros: records then carry the uptime too. */
  readonly monotonicOffsetMicros?: number | undefined;
  /** Where alerts go besides the log; absent in recordings from before it was told. */
  readonly alertChannels?: readonly string[] | undefined;
  /** Minutes after midnight ET of a full day; they can only make the broker's own times earlier. */
  readonly flatBy: {
    readonly openingCutoffMinutes?: number | undefined;
    readonly flattenStartMinutes?: number | undefined;
    readonly flattenDeadlineMinutes?: number | undefined;
  };
  /** Absent in recordings from before there were such settings; `exitSettingsOf` reads it. */
  readonly exits?: ExitSettings;
  /** The schedule of the day, where the operator set one. */
  readonly plan?: PlanSheet | undefined;
  /** False where the operator lets nobody open: then the plan does not either. Absent in recordings from
   * before it was asked, which is true. */
  readonly mayOpen?: boolean | undefined;
  /** Earlier chain expiry, minutes after midnight ET; undefined = the calendar's. */
  readonly expireMinutes?: number | undefined;
}

/** The settings of exits and ladders in force. */
export function exitSettingsOf({ exits }: DeskConfig): ExitSettings {
  return exits ?? DEFAULT_EXIT_SETTINGS;
}
