import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RecordingEncoder } from '../../src/audit/session-recording.ts';
import { PaperBroker } from '../../src/broker/paper/paper-broker.ts';
import { replay } from '../../src/command/replay.ts';
import { Desk } from '../../src/desk/desk.ts';
import type { Effect } from '../../src/desk/effects.ts';
import { DEFAULT_EXIT_SETTINGS } from '../../src/desk/exits/exit-settings.ts';
import { encodeInput } from '../../src/desk/input-codec.ts';
import type { Input } from '../../src/desk/inputs.ts';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import { ownChain } from '../../src/desk/own-chain.ts';
import { encodeRecordedStart, type RecordedStart } from '../../src/desk/recorded-start.ts';
import { configFor } from '../../src/desk/simulation/session-config.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { limitsFrom } from '../../src/risk/limits.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { buildAt } from '../support/chain-builder.ts';
import { captureTerminal, settings } from './support/terminal.ts';

const OPERATOR = { principal: 'operator', authority: 'console' } as const;
const START: RecordedStart = {
  config: configFor(limitsFrom(), DEFAULT_EXIT_SETTINGS),
  paperSeed: 1,
  accountId: 'PAPER-TEST',
  at: buildAt('2026-11-20', 630),
  lastSeq: 0,
};

/** A minute in which the operator kills and re-arms. */
const INPUTS: readonly Input[] = [
  { kind: 'clock', at: buildAt('2026-11-20', 630.2) },
  command(630.4, 1, { kind: 'kill', reason: 'drill' }),
  command(630.6, 2, { kind: 'rearm' }),
  { kind: 'clock', at: buildAt('2026-11-20', 631) },
];

function command(
  minutes: number,
  id: number,
  wish: { readonly kind: 'kill'; readonly reason: string } | { readonly kind: 'rearm' },
): Input {
  const at = buildAt('2026-11-20', minutes);
  return { kind: 'command', at, id, caller: OPERATOR, command: wish };
}

function appended(effects: readonly Effect[]): readonly AuditRecord[] {
  return effects.flatMap((effect) => (effect.kind === 'append' ? [effect.record] : []));
}

/** What a desk journals that is started and told `inputs`. */
function journalOf(inputs: readonly Input[]): readonly AuditRecord[] {
  const { config, accountId, paperSeed: seed, at } = START;
  const past = summarizeJournal([]);
  const desk = new Desk({
    config,
    ...ownChain(),
    gateway: new PaperBroker({ accountId, seed, history: past }),
    at,
    past,
  });
  return [...appended(desk.start()), ...inputs.flatMap((input) => appended(desk.step(input)))];
}

function recordingIn(home: string, inputs: readonly Input[]): string {
  const encoder = new RecordingEncoder();
  const { v8 } = process.versions;
  const begin = encoder.begin({
    build: 'simulated',
    v8,
    arch: process.arch,
    session: '2026-11-20',
  });
  const chunks = [encodeRecordedStart(START), ...inputs.map(encodeInput)];
  const frames = chunks.map((chunk) => encoder.chunk(chunk));
  const file = join(home, 'session.rec');
  writeFileSync(file, Buffer.concat([begin, ...frames, encoder.end('complete')]));
  return file;
}

describe('deltaring replay', () => {
  it('is 0 where the run journals byte for byte the same', async () => {
    const home = homeWith(journalOf(INPUTS));
    settings(home);
    const terminal = captureTerminal();
    expect(await replay([recordingIn(home, INPUTS)])).toBe(0);
    expect(terminal.stdout).toMatch(/^identical: \d+ records from 4 inputs\n/);
  });

  it('is 1 where it does not, and shows the first difference', async () => {
    const home = homeWith(journalOf(INPUTS));
    settings(home);
    const terminal = captureTerminal();
    const other = [command(630.4, 1, { kind: 'kill', reason: 'another word' })];
    const file = recordingIn(home, [...INPUTS.slice(0, 1), ...other, ...INPUTS.slice(2)]);
    expect(await replay([file, '--json'])).toBe(1);
    const { identical, firstDifference } = JSON.parse(terminal.stdout);
    expect(identical).toBe(false);
    expect(firstDifference.journalled).toContain('drill');
    expect(firstDifference.replayed).toContain('another word');
  });

  it('is 1 where the journal is not of that session', async () => {
    const home = homeWith([]);
    settings(home);
    const terminal = captureTerminal();
    expect(await replay([recordingIn(home, INPUTS)])).toBe(1);
    expect(terminal.stdout).toContain('the journal holds no record of this run');
  });

  it('is 2 where it could not replay: no file named or other words, none there, or no recording', async () => {
    const home = homeWith(journalOf(INPUTS));
    settings(home);
    const terminal = captureTerminal();
    const file = recordingIn(home, INPUTS);
    for (const words of [[], [file, file], [file, '--jsn'], ['--jsn']]) {
      terminal.stderr = '';
      expect(await replay(words)).toBe(2);
      expect(terminal.stderr).toContain('name one recording: deltaring replay FILE');
    }
    expect(await replay([join(home, 'absent.rec')])).toBe(2);
    const text = join(home, 'notes.txt');
    writeFileSync(text, 'not a recording');
    expect(await replay([text])).toBe(2);
    expect(terminal.stderr).toContain('not a readable session recording');
  });
});
