/** `deltaring replay FILE`: re-runs a recorded session and compares what it would journal. */
import { readFileSync } from 'node:fs';
import { readJournal } from '../audit/journal-open.ts';
import { decodeRecording } from '../audit/session-recording.ts';
import { replayRecording } from '../desk/simulation/replay.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { thisBuild } from './build-info.ts';
import { configOf } from './environment.ts';

const EXIT_NOT_REPLAYED = 2;

/** Exit 0 identical, 1 different, 2 could not be replayed. */
export async function replay(args: readonly string[]): Promise<number> {
  try {
    return replayed(args);
  } catch (error) {
    process.stderr.write(`deltaring: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT_NOT_REPLAYED;
  }
}

function replayed(args: readonly string[]): number {
  const json = args.includes('--json');
  const [file, ...more] = args.filter((arg) => arg !== '--json');
  if (file === undefined || file.startsWith('-') || more.length > 0) {
    const message =
      'name one recording: deltaring replay FILE [--json] (they lie in the home folder, recordings/)';
    throw new DeltaringError('INPUT_INVALID', message);
  }
  const recording = decodeRecording(readFileSync(file));
  const { records } = readJournal(configOf().home);
  const result = replayRecording(recording, records, thisBuild());
  const text = json ? JSON.stringify(result, null, 2) : result.lines.join('\n');
  process.stdout.write(`${text}\n`);
  return result.identical ? 0 : 1;
}
