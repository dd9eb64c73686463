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

type Read = () => unknown;

/** What reads the file that the feed of these settings plays, if it plays one. */
function marketReads(settings: Settings): readonly Read[] {
  const { DELTARING_FEED: feed, SIM_BARS: bars, REPLAY_FILE: tape } = settings;
  if (feed === 'sim' && bars !== undefined) return [() => readBarsFile(bars)];
  if (feed === 'replay' && tape !== undefined) return [() => assertReadable(tape)];
  return [];
}

/** What reads each file that an engine of these settings would read. */
function allReads(settings: Settings): readonly Read[] {
  const { PLAN_SHEET: sheet, EVENT_FILE: events } = settings;
  const { DELTARING_UNDERLYING: underlying, EX_DIVIDENDS: days } = settings;
  return [
    ...(sheet === undefined ? [] : [() => readSheet(sheet)]),
    ...(sheet === undefined || events === undefined ? [] : [() => readEvents(events)]),
    () => readExDividends(underlyingOf(underlying), days),
    ...marketReads(settings),
  ];
}

function faultsIn(reads: readonly Read[]): readonly string[] {
  return reads.flatMap((read) => {
    try {
      read();
      return [];
    } catch (error) {
      if (error instanceof DeltaringError) return [error.message];
      throw error;
    }
  });
}

/** What is wrong with these files, each in the words that its reader has for it. */
export function faultsOfFiles(settings: Settings): readonly string[] {
  return faultsIn(allReads(settings));
}

/** What is wrong with the one that the feed plays, if it plays one. */
export function faultOfMarketFile(settings: Settings): string | undefined {
  return faultsIn(marketReads(settings))[0];
}

/** The configuration as a start takes it: throws CONFIG_INVALID naming every fault, those of the files too. */
export function configToStart(environment = process.env, folder = process.cwd()): Config {
  return configOf(environment, folder, faultsOfFiles);
}
