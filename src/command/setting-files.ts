/** The files that settings name, looked at before a start takes a lock, logs in or starts a thread. */
import { accessSync, constants } from 'node:fs';
import type { Config, Settings } from '../config.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { underlyingOf } from '../engine/domain/underlying.ts';
import { readBarsFile } from '../sim/model/bars-file.ts';
import { configOf } from './environment.ts';
import { readExDividends } from './ex-dividends.ts';
import { readEvents, readSheet } from './plan-file.ts';

/** What is on a recording is looked at where it is played: reading it takes seconds, and no login comes
 * before that. */
function assertReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `REPLAY_FILE: ${path} cannot be read: ${why}. A home keeps its recordings in recordings/`;
    throw new DeltaringError('CONFIG_INVALID', message, error);
  }
}

/** What reads each file that an engine of these settings would read. */
function readsOf(settings: Settings): readonly (() => unknown)[] {
  const { PLAN_SHEET: sheet, EVENT_FILE: events, SIM_BARS: bars, REPLAY_FILE: tape } = settings;
  const { DELTARING_FEED: feed, DELTARING_UNDERLYING: underlying, EX_DIVIDENDS: days } = settings;
  return [
    ...(sheet === undefined ? [] : [() => readSheet(sheet)]),
    ...(sheet === undefined || events === undefined ? [] : [() => readEvents(events)]),
    () => readExDividends(underlyingOf(underlying), days),
    ...(bars === undefined || feed !== 'sim' ? [] : [() => readBarsFile(bars)]),
    ...(tape === undefined || feed !== 'replay' ? [] : [() => assertReadable(tape)]),
  ];
}

/** What is wrong with these files, each in the words that its reader has for it. */
export function faultsOfFiles(settings: Settings): readonly string[] {
  return readsOf(settings).flatMap((read) => {
    try {
      read();
      return [];
    } catch (error) {
      if (error instanceof DeltaringError) return [error.message];
      throw error;
    }
  });
}

/** The configuration as a start takes it: throws CONFIG_INVALID naming every fault, those of the files too. */
export function configToStart(environment = process.env, folder = process.cwd()): Config {
  return configOf(environment, folder, faultsOfFiles);
}
