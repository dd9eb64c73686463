/** What the desk is told once, at its start. Plain data: it crosses to the core thread. */
import type { LimitRaise } from '../engine/domain/limit-raise.ts';
import type { Limits } from '../risk/limits.ts';
import type { ExitSettings } from './exits/exit-settings.ts';
import { DEFAULT_EXIT_SETTINGS } from './exits/exit-settings.ts';

export interface DeskConfig {
  readonly build: string;
  readonly configFingerprint: string;
  readonly environment: 'paper' | 'live';
  readonly underlying: string;
  /** The limits without any raise. */
  readonly limits: Limits;
  /** Raises that the operator configured, each with its end; absent in older recordings. */
  readonly limitRaises?: readonly LimitRaise[] | undefined;
  /** Minutes after midnight ET of a full day; they can only make the broker's own times earlier. */
  readonly flatBy: {
    readonly openingCutoffMinutes?: number | undefined;
    readonly flattenStartMinutes?: number | undefined;
    readonly flattenDeadlineMinutes?: number | undefined;
  };
  /** Absent in recordings from before there were such settings; `exitSettingsOf` reads it. */
  readonly exits?: ExitSettings;
  /** Earlier chain expiry, minutes after midnight ET; undefined = the calendar's. */
  readonly expireMinutes?: number | undefined;
}

/** The settings of exits and ladders in force. */
export function exitSettingsOf({ exits }: DeskConfig): ExitSettings {
  return exits ?? DEFAULT_EXIT_SETTINGS;
}
