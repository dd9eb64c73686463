import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import { audit } from '../../src/command/audit.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { alerts, orderStory, recordsOf } from '../audit/support/sample-records.ts';
import { sealedHome, sealerOf } from '../audit/support/sealed-home.ts';
import { captureTerminal, settings, tempFolder } from './support/terminal.ts';

/** One changed byte in the middle of the first journal file. */
function damage(home: string): void {
  const path = join(home, 'journal', '000001.journal');
  const bytes = readFileSync(path);
  const middle = bytes.indexOf('alert 2');
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  writeFileSync(path, bytes);
}

function fingerprints(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);
}

describe('audit verify', () => {
  it('is 0 for a clean home, and changes nothing in it', async () => {
    const home = homeWith(alerts(1, 6));
    const before = fingerprints(home);
    settings(home);
    const terminal = captureTerminal();
    expect(await audit(['verify'])).toBe(0);
    expect(terminal.stdout).toContain('6 records');
    expect(fingerprints(home)).toEqual(before);
  });

  it('is 1 for one changed byte', async () => {
    const home = homeWith(alerts(1, 6));
    damage(home);
    settings(home);
    const terminal = captureTerminal();
    expect(await audit(['verify'])).toBe(1);
    expect(terminal.stdout).toContain('TAMPERED');
  });

  it('is 2 where the tail cannot be proven', async () => {
    const home = homeWith(alerts(1, 6));
    rmSync(join(home, 'audit', 'checkpoint'));
    settings(home);
    const terminal = captureTerminal();
    expect(await audit(['verify'])).toBe(2);
    expect(terminal.stdout).toContain('tail unprovable');
  });

  it('verifies the folder that is named rather than this home', async () => {
    settings(tempFolder());
    captureTerminal();
    expect(await audit(['verify', homeWith(alerts(1, 3))])).toBe(0);
    expect(await audit(['verify', join(tempFolder(), 'absent')])).toBe(2);
  });

  it('is 2 and never "tampered" where the settings cannot be read', async () => {
    settings(homeWith(alerts(1, 3)), { PORT: 'none' });
    const terminal = captureTerminal();
    expect(await audit(['verify'])).toBe(2);
    expect(terminal.stderr).toContain('PORT: must be a whole number');
  });

  it('reports as JSON where a script asks', async () => {
    settings(homeWith(alerts(1, 3)));
    const terminal = captureTerminal();
    expect(await audit(['verify', '--json'])).toBe(0);
    expect(JSON.parse(terminal.stdout)).toMatchObject({ exitCode: 0, records: 3, lastSeq: 3 });
  });
});

describe('audit show', () => {
  const home = () => homeWith(recordsOf(1, [...orderStory('o-1'), ...orderStory('o-2')]));

  it('tells the story of an order', async () => {
    settings(home());
    const terminal = captureTerminal();
    expect(await audit(['show', 'o-1'])).toBe(0);
    expect(terminal.stdout.match(/ET {2}#/g)).toHaveLength(5);
    expect(terminal.stdout).toContain('check max_trade_loss: passed');
    expect(terminal.stdout).toContain('sent to the broker');
  });

  it('gives its records as JSON', async () => {
    settings(home());
    const terminal = captureTerminal();
    expect(await audit(['show', 'o-2', '--json'])).toBe(0);
    const records: { seq: number }[] = JSON.parse(terminal.stdout);
    expect(records.map(({ seq }) => seq)).toEqual([6, 7, 8, 9, 10]);
  });

  it('is 2 for an order that no record names, and for none at all', async () => {
    settings(home());
    const terminal = captureTerminal();
    expect(await audit(['show', 'o-3'])).toBe(2);
    expect(terminal.stderr).toContain('no record names o-3');
    expect(await audit(['show'])).toBe(2);
    expect(terminal.stderr).toContain('deltaring audit show ORDER');
    expect(terminal.stdout).toBe('');
  });

  it('is 1 where the journal is not what was written', async () => {
    const damaged = homeWith(alerts(1, 6));
    damage(damaged);
    settings(damaged);
    captureTerminal();
    expect(await audit(['show', 'o-1'])).toBe(1);
  });
});

describe('audit rotate-key', () => {
  it('gives the log a key that the old one vouches for, and the old one still verifies', async () => {
    const home = sealedHome(alerts(1, 3));
    settings(home);
    const terminal = captureTerminal();
    expect(await audit(['key'])).toBe(0);
    const old = terminal.stdout.trim();
    expect(await audit(['rotate-key'])).toBe(0);
    const fresh = terminal.stdout.trim().split('\n').at(-1) ?? '';
    expect(fresh).not.toBe(old);
    goOn(home);
    expect(await audit(['verify'])).toBe(0);
    expect(await audit(['verify', '--key', old])).toBe(0);
    expect(await audit(['verify', '--key', fresh])).toBe(0);
    expect(await audit(['verify', '--key', 'nonsense'])).toBe(2);
  });

  it('is not done beside a word that it does not know', async () => {
    const home = sealedHome(alerts(1, 3));
    settings(home);
    const terminal = captureTerminal();
    const old = readFileSync(join(home, 'audit.key'));
    for (const word of ['dry-run', '--dry-run']) expect(await audit(['rotate-key', word])).toBe(2);
    expect(terminal.stderr).toContain('"dry-run" is nothing that audit rotate-key takes');
    expect(readFileSync(join(home, 'audit.key'))).toEqual(old);
    expect(await audit(['verify', home, home])).toBe(2);
  });

  it('cannot vouch for a key that took over from a lost one', async () => {
    const home = sealedHome(alerts(1, 3));
    settings(home);
    const terminal = captureTerminal();
    await audit(['key']);
    const old = terminal.stdout.trim();
    rmSync(join(home, 'audit.key'));
    expect(await audit(['rotate-key'])).toBe(2);
    expect(terminal.stderr).toContain('--lost');
    expect(await audit(['rotate-key', '--lost'])).toBe(0);
    goOn(home);
    expect(await audit(['verify'])).toBe(0);
    expect(await audit(['verify', '--key', old])).toBe(2);
  });

  it('finds a checkpoint that the old key signed after it was replaced', async () => {
    const home = sealedHome(alerts(1, 3));
    settings(home);
    captureTerminal();
    const old = readFileSync(join(home, 'audit.key'));
    expect(await audit(['rotate-key'])).toBe(0);
    writeFileSync(join(home, 'audit.key'), old);
    expect(() => sealerOf(home)).toThrow(/not the log's/);
  });
});

describe('audit backup', () => {
  it('copies a home whose engine runs into a folder that verifies and restores', async () => {
    const home = sealedHome(alerts(1, 9), { close: false });
    settings(home);
    const terminal = captureTerminal();
    const target = join(tempFolder(), 'copy');
    expect(await audit(['backup', target])).toBe(0);
    expect(terminal.stdout).toContain('9 records');
    expect(readdirSync(target).sort()).toEqual(['audit', 'journal']);
    expect(await audit(['backup', target])).toBe(2);
    expect(terminal.stderr).toContain('not empty');
    const again = tempFolder();
    settings(again);
    expect(await audit(['restore', target])).toBe(0);
    expect(readJournal(again).records).toEqual(readJournal(home).records);
  });

  it('needs a folder and a journal', async () => {
    settings(tempFolder());
    const terminal = captureTerminal();
    expect(await audit(['backup'])).toBe(2);
    expect(await audit(['backup', join(tempFolder(), 'x')])).toBe(2);
    expect(await audit(['restore'])).toBe(2);
    expect(await audit(['key'])).toBe(2);
    expect(terminal.stderr).toContain('there is no journal');
  });
});

function goOn(home: string): void {
  const { writer } = openJournal({ home });
  writer.commit(alerts(4, 2));
  writer.close();
  sealerOf(home);
}

describe('audit', () => {
  it('says how it is used', async () => {
    settings(tempFolder());
    const terminal = captureTerminal();
    expect(await audit([])).toBe(2);
    expect(await audit(['erase'])).toBe(2);
    expect(terminal.stderr).toContain('usage: deltaring audit verify');
  });
});
