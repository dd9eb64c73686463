/** The operator's console: status, kill, rearm, flatten, adopt, pair. `rearm` exists here and nowhere else. */
import { systemCode } from '../audit/disk.ts';
import { engageKillLatch, readKillLatch } from '../audit/kill-latch.ts';
import type { Answer, ConfirmResult, KillView, ReconcileView } from '../desk/engine-api.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { askEngine } from '../mcp/console-client.ts';
import type { PairingCode } from '../mcp/console-join.ts';
import type { ConsoleMethod, ConsoleRequest } from '../mcp/console-protocol.ts';
import { thisBuild } from './build-info.ts';
import { enginePlace, expectedAccountId } from './engine-paths.ts';
import { configOf, engineHome } from './environment.ts';
import { onlyFlags } from './flags.ts';
import { statusLines } from './status-lines.ts';

const EXIT_REFUSED = 1;

/** Whom this terminal's settings speak of, as far as they can be read. An engine of an earlier build
 * holds a console against it. */
function expectedEngine() {
  try {
    const config = configOf();
    const { DELTARING_BROKER: broker, DELTARING_ENV: environment } = config;
    return { build: thisBuild(), broker, environment, accountId: expectedAccountId(config) };
  } catch (error) {
    if (!(error instanceof DeltaringError)) throw error;
    return { build: thisBuild(), broker: 'paper', environment: 'paper' };
  }
}

/** Asks the running engine of this home, which is all that a console has to know of it. */
export function ask(
  method: ConsoleMethod,
  params: ConsoleRequest['params'] = {},
  home = engineHome(),
): Promise<unknown> {
  const { path, holder } = enginePlace(home);
  return askEngine(path, { ...expectedEngine(), holder }, method, params);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** True where a script wants the answer. */
export function isJson(args: readonly string[]): boolean {
  return args.includes('--json');
}

/** Prints an answer as JSON, or what `lines` makes of its value; a refusal is exit code 1. */
export function tell<T>(
  answer: Answer<T>,
  json: boolean,
  lines: (value: T) => readonly string[],
): number {
  if (json) print(JSON.stringify(answer, null, 2));
  else if ('denied' in answer) print(`refused: ${answer.denied.message}`);
  else print(lines(answer.value).join('\n'));
  return 'denied' in answer ? EXIT_REFUSED : 0;
}

function killLines({ killed, since, reason, note }: KillView): readonly string[] {
  return killed ? [`killed since ${since}: ${reason}`, note] : [note];
}

/** How the engine stands. */
export async function status(args: readonly string[]): Promise<number> {
  onlyFlags('status', args);
  const answer = await ask('status');
  print(isJson(args) ? JSON.stringify(answer, null, 2) : statusLines(answer).join('\n'));
  return 0;
}

/** Sets the latch; the code of the system's error where that failed, and it may be set all the same. */
function latchFault(home: string, reason: string): string | undefined {
  try {
    engageKillLatch(home, { principal: 'operator', reason, wallMicros: wallMicros() });
    return undefined;
  } catch (error) {
    return systemCode(error);
  }
}

/** What the latch in this home is worth, and what to do where it is worth nothing. */
function latchNote(home: string, isSet: boolean, fault: string | undefined): string {
  if (!isSet) {
    const holder = enginePlace(home).holder ?? '`deltaring serve`, where one runs';
    return `NO kill was set: the latch cannot be written in ${home} (${fault}). End the engine: SIGTERM to ${holder}; what is open is closed at the broker's own screen. Then free or mend that disk, or kill as the user that owns it`;
  }
  const note = `the latch is set on disk in ${home}: an engine of this home opens nothing until it is re-armed; one with another DELTARING_HOME is not stopped by it`;
  if (fault === undefined) return note;
  return `${note}. It could not be written in full (${fault}): the kill holds, but a power cut may lose it; free or mend that disk and kill again`;
}

/** Sets the latch on disk. It stops the next engine of this home, and one that runs or starts once that has
 * looked: the lock is asked after the latch is set, so that no engine comes between the two. */
function latch(home: string, reason: string, error: DeltaringError, json: boolean): number {
  const fault = latchFault(home, reason);
  const set = readKillLatch(home);
  const isHeld = enginePlace(home).holder !== undefined;
  const notes = [error.message, latchNote(home, set !== undefined, fault)];
  if (isHeld && set !== undefined) {
    notes.push(
      'an engine runs or starts and did not confirm: it looks at the latch twice a second; where `deltaring status` does not say so, end it (SIGTERM to deltaring serve) to be sure',
    );
  }
  const engine = isHeld ? 'unconfirmed' : 'none';
  const latched = set === undefined ? null : { home, reason: set.reason };
  print(json ? JSON.stringify({ latch: latched, engine, notes }, null, 2) : notes.join('\n'));
  return isHeld || fault !== undefined ? EXIT_REFUSED : 0;
}

/** Engages the kill switch. Where no engine answers, the latch on disk stops the next one. */
export async function kill(args: readonly string[]): Promise<number> {
  // No word is wrong here: a kill that is refused for a typing error is worse than one too many.
  const words = args.filter((arg) => arg !== '--json');
  const reason = words.length === 0 ? 'operator console' : words.join(' ');
  const home = engineHome();
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine's own answer to this method
    const answer = (await ask('kill', { reason }, home)) as Answer<KillView>;
    return tell(answer, isJson(args), killLines);
  } catch (error) {
    if (!(error instanceof DeltaringError)) throw error;
    return latch(home, reason, error, isJson(args));
  }
}

/** Releases the kill switch. */
export async function rearm(args: readonly string[]): Promise<number> {
  onlyFlags('rearm', args);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine's own answer to this method
  const answer = (await ask('rearm')) as Answer<KillView>;
  return tell(answer, isJson(args), killLines);
}

/** Shows a code with which the operator lets a client or a browser in, on the page in that browser. */
export async function pair(args: readonly string[]): Promise<number> {
  onlyFlags('pair', args);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine's own answer to this method
  const answer = (await ask('pair')) as PairingCode;
  const minutes = Math.round(answer.expiresInSeconds / 60);
  const text = `${answer.code}\ntype it on the page in your browser; it serves once, for ${minutes} minutes`;
  print(isJson(args) ? JSON.stringify(answer, null, 2) : text);
  return 0;
}

/** Closes everything now. Exit code 1 where something is open that no order closes yet. */
export async function flatten(args: readonly string[]): Promise<number> {
  onlyFlags('flatten', args);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine's own answer to this method
  const answer = (await ask('flatten')) as Answer<ConfirmResult>;
  const exitCode = tell(answer, isJson(args), flattenLines);
  const isLeft = 'value' in answer && (answer.value.unclosed ?? []).length > 0;
  return isLeft ? EXIT_REFUSED : exitCode;
}

function flattenLines({ orders, unclosed = [] }: ConfirmResult): readonly string[] {
  const lines = [
    ...orders.map(
      ({ orderId, purpose, positionId, status: is }) =>
        `${orderId}  ${purpose} ${positionId}: ${is}`,
    ),
    ...unclosed.map(({ positionId, reason }) => `still open  ${positionId}: ${reason}`),
  ];
  return lines.length === 0 ? ['nothing to close: already flat'] : lines;
}

/** Takes over positions at the broker that the engine cannot explain. */
export async function adopt(args: readonly string[]): Promise<number> {
  onlyFlags('adopt', args);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine's own answer to this method
  const answer = (await ask('adopt')) as Answer<ReconcileView>;
  return tell(answer, isJson(args), ({ clean, differences }) =>
    clean ? ['taken over: the books agree'] : ['taken over; still open:', ...differences],
  );
}
