import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Scope } from '../../../src/mcp/scopes.ts';
import type { GrantedClient } from '../../../src/web/oauth/grant-book.ts';
import { ACCESS_SECONDS, GrantBook } from '../../../src/web/oauth/grant-book.ts';

let folder: string;
let path: string;
let now: number;
const client = (clientId: string, scopes: readonly Scope[]): GrantedClient => ({
  clientId,
  clientName: 'Client',
  scopes,
  rights: { authority: 'open', openUpToCents: 500_00 },
});
let told: string[];
const book = () =>
  new GrantBook({ path, nowSeconds: () => now, log: (line) => void told.push(line) });
/** A folder where the next file is drafted: no disk takes it until it is away again. */
const fullDisk = () => {
  const draft = `${path}.${process.pid}`;
  mkdirSync(join(draft, 'in the way'), { recursive: true });
  return { mended: () => rmSync(draft, { recursive: true }) };
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deltaring-grants-'));
  path = join(folder, 'oauth', 'grants.json');
  now = 1_700_000_000;
  told = [];
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the book of grants', () => {
  it('knows a token after a restart, and keeps no token in plain', () => {
    const { access, refresh } = book().open(client('client', ['market.read']));
    expect(book().find(access)).toMatchObject({ clientId: 'client', scopes: ['market.read'] });
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain(access);
    expect(text).not.toContain(refresh);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('lets an access token live its hour and no longer', () => {
    const grants = book();
    const { access } = grants.open(client('client', ['market.read']));
    now += ACCESS_SECONDS - 1;
    expect(grants.find(access)).toBeDefined();
    now += 1;
    expect(grants.find(access)).toBeUndefined();
  });

  it('exchanges a refresh token once; one that comes back ends the grant', () => {
    const grants = book();
    const first = grants.open(client('client', ['market.read']));
    const second = grants.refresh('client', first.refresh, undefined);
    expect(second).toBeDefined();
    expect(grants.find(first.access)).toBeUndefined();
    expect(grants.find(second?.access ?? '')).toBeDefined();
    expect(grants.refresh('client', first.refresh, undefined)).toBeUndefined();
    expect(grants.find(second?.access ?? '')).toBeUndefined();
    expect(book().refresh('client', second?.refresh ?? '', undefined)).toBeUndefined();
  });

  it('refuses a refresh token of another client, and one of 30 days', () => {
    const grants = book();
    const { refresh } = grants.open(client('client', ['market.read']));
    expect(grants.refresh('other', refresh, undefined)).toBeUndefined();
    now += 31 * 24 * 3_600;
    expect(grants.refresh('client', refresh, undefined)).toBeUndefined();
  });

  it('narrows scopes at a refresh and never widens them', () => {
    const grants = book();
    const { refresh } = grants.open(client('client', ['market.read', 'ops.kill']));
    for (const scopes of [['trade.execute'], []] as const) {
      expect(() => grants.refresh('client', refresh, scopes)).toThrow('scopes of the grant');
    }
    const narrowed = grants.refresh('client', refresh, ['market.read']);
    expect(narrowed?.scopes).toEqual(['market.read']);
    const again = narrowed?.refresh ?? '';
    expect(() => grants.refresh('client', again, ['market.read', 'ops.kill'])).toThrow(
      'scopes of the grant',
    );
  });

  it('keeps the rights of a grant over a refresh and a restart', () => {
    const { refresh } = book().open(client('client', ['trade.execute']));
    const renewed = book().refresh('client', refresh, undefined);
    const { rights } = book().find(renewed?.access ?? '') ?? {};
    expect(rights).toEqual({ authority: 'open', openUpToCents: 500_00 });
  });

  it('reads a grant of before there were rights as bound by its scopes alone', () => {
    const { access } = book().open(client('client', ['trade.execute']));
    const old = readFileSync(path, 'utf8').replace(/"rights":\s*\{[^}]*\},?/, '');
    expect(old).not.toContain('rights');
    writeFileSync(path, old);
    expect(book().find(access)?.rights).toEqual({ authority: 'open' });
  });

  it('ends a grant by either of its tokens, for its own client alone', () => {
    const grants = book();
    const { access, refresh } = grants.open(client('client', ['market.read']));
    grants.revoke('other', refresh);
    expect(grants.find(access)).toBeDefined();
    grants.revoke('client', refresh);
    expect(grants.find(access)).toBeUndefined();
  });

  it('holds 64 grants, the oldest making room', () => {
    const grants = book();
    const first = grants.open(client('client', ['market.read']));
    for (let more = 0; more < 64; more++) grants.open(client(`c${more}`, ['market.read']));
    expect(grants.find(first.access)).toBeUndefined();
  });

  it.each([
    ['empty', ''],
    ['no book of grants', '{"version":1,"grants":[{}]}'],
  ])('sets a file aside that is %s, says so, and lets clients in anew', (_what, text) => {
    const { access } = book().open(client('client', ['market.read']));
    writeFileSync(path, text);
    const grants = book();
    expect(grants.find(access)).toBeUndefined();
    expect(told).toEqual([expect.stringContaining('OAuth clients ask for consent again')]);
    expect(readFileSync(`${path}.broken`, 'utf8')).toBe(text);
    const again = grants.open(client('client', ['market.read']));
    expect(book().find(again.access)).toBeDefined();
  });
});

describe('a disk that does not take the book', () => {
  it('costs no client its tokens, and what it did not take is in the next write', () => {
    const grants = book();
    const first = grants.open(client('client', ['trade.execute']));
    const disk = fullDisk();
    const second = grants.refresh('client', first.refresh, undefined);
    expect(grants.find(second?.access ?? '')).toBeDefined();
    const other = grants.open(client('other', ['market.read']));
    expect(grants.find(other.access)).toBeDefined();
    expect(told).toHaveLength(2);
    expect(told[0]).toContain('cannot be written');
    disk.mended();
    const third = grants.refresh('client', second?.refresh ?? '', undefined);
    const restarted = book();
    expect(restarted.find(third?.access ?? '')).toBeDefined();
    expect(restarted.find(other.access)).toBeDefined();
  });

  it('lets a client ask again for the end of its grant until that is written', () => {
    const grants = book();
    const { access } = grants.open(client('client', ['market.read']));
    const disk = fullDisk();
    expect(() => grants.revoke('client', access)).toThrow(/could not be written/);
    expect(grants.find(access)).toBeUndefined();
    expect(() => grants.revoke('client', access)).toThrow(/could not be written/);
    disk.mended();
    grants.revoke('client', access);
    expect(book().find(access)).toBeUndefined();
  });
});
