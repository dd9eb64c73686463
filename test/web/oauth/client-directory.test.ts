import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ClientDirectory,
  isSafeRedirect,
  plainName,
} from '../../../src/web/oauth/client-directory.ts';
import { isDocumentUrl, isPublicAddress } from '../../../src/web/oauth/client-document.ts';

const ID = 'https://client.example/oauth/client.json';
const REDIRECT = 'https://client.example/callback';
let folder: string;
let now: number;
let fetched: string[];
let letIn: string[];

function directory(document?: unknown): ClientDirectory {
  return new ClientDirectory({
    path: join(folder, 'clients.json'),
    nowSeconds: () => now,
    log: () => undefined,
    isLetIn: (clientId) => letIn.includes(clientId),
    fetch: async (id) => {
      fetched.push(id);
      return document;
    },
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deltaring-clients-'));
  now = 1_700_000_000;
  fetched = [];
  letIn = [];
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a client named by its document', () => {
  it('is known when the document names itself, and is fetched again after ten minutes', async () => {
    const clients = directory({ client_id: ID, client_name: 'Client', redirect_uris: [REDIRECT] });
    expect(await clients.getClient(ID)).toMatchObject({ client_id: ID, client_name: 'Client' });
    await clients.getClient(ID);
    expect(fetched).toEqual([ID]);
    now += 601;
    await clients.getClient(ID);
    expect(fetched).toHaveLength(2);
  });

  it.each([
    ['another id', { client_id: `${ID}x`, redirect_uris: [REDIRECT] }],
    ['no redirects', { client_id: ID }],
    ['an unsafe redirect', { client_id: ID, redirect_uris: ['http://client.example/cb'] }],
    ['nothing', undefined],
  ])('is unknown when the document has %s', async (_what, document) => {
    expect(await directory(document).getClient(ID)).toBeUndefined();
  });

  it.each([
    'http://client.example/c.json',
    'https://client.example/',
    'https://user@client.example/c.json',
    'https://client.example/c.json?x=1',
    'https://client.example/c.json#x',
    'not a url',
  ])('is not looked for at %s', async (id) => {
    expect(isDocumentUrl(id)).toBe(false);
    expect(await directory({ client_id: id, redirect_uris: [REDIRECT] }).getClient(id)).toBe(
      undefined,
    );
    expect(fetched).toEqual([]);
  });
});

describe('a client that registers', () => {
  it('is public, whatever it asked for, and known after a restart', async () => {
    const asked = { client_id: 'a', redirect_uris: [REDIRECT], client_secret: 'a-secret' };
    const client = directory().registerClient(asked);
    expect(client).toEqual({
      client_id: 'a',
      redirect_uris: [REDIRECT],
      token_endpoint_auth_method: 'none',
    });
    expect(await directory().getClient('a')).toEqual(client);
  });

  it('is refused with a redirect that would show the code to a network', () => {
    const unsafe = 'http://client.example/cb';
    for (const redirect_uris of [[unsafe], [REDIRECT, unsafe]]) {
      const asked = { client_id: 'a', redirect_uris };
      expect(() => directory().registerClient(asked)).toThrow(/must be https/);
    }
  });
});

describe('a crowd that registers', () => {
  it('pushes out its own oldest, never whom the operator let in', async () => {
    const clients = directory();
    const register = (client_id: string) =>
      clients.registerClient({ client_id, redirect_uris: [REDIRECT] });
    for (const id of ['stranger', 'own', 'other']) register(id);
    letIn = ['own'];
    for (let more = 0; more < 98; more++) register(`c${more}`);
    expect(await clients.getClient('stranger')).toBeUndefined();
    expect(await clients.getClient('other')).toBeDefined();
    register('c98');
    expect(await clients.getClient('other')).toBeUndefined();
    expect(await clients.getClient('c0')).toBeDefined();
    expect(await directory().getClient('own')).toBeDefined();
  });

  it('brings no more than a client needs to say of itself', () => {
    const client_name = 'x'.repeat(8_192);
    const asked = { client_id: 'a', client_name, redirect_uris: [REDIRECT] };
    expect(() => directory().registerClient(asked)).toThrow(/more metadata/);
  });
});

describe('what is safe', () => {
  it.each([
    ['https://a.example/cb', true],
    ['http://127.0.0.1:5000/cb', true],
    ['http://localhost/cb', true],
    ['cursor://anysphere.cursor-deeplink/cb', true],
    ['http://a.example/cb', false],
    ['javascript:alert(1)', false],
    ['data:text/html,x', false],
    ['https://a.example/cb#x', false],
  ])('as a redirect: %s is %s', (uri, isSafe) => {
    expect(isSafeRedirect(uri)).toBe(isSafe);
  });

  it.each([
    ['93.184.216.34', true],
    ['2606:2800:220:1::1', true],
    ['127.0.0.1', false],
    ['10.1.2.3', false],
    ['169.254.169.254', false],
    ['192.168.1.1', false],
    ['100.64.0.1', false],
    ['0.0.0.0', false],
    ['255.255.255.255', false],
    ['::1', false],
    ['::ffff:127.0.0.1', false],
    ['fe80::1', false],
    ['fd00::1', false],
    ['2001:db8::1', false],
    ['no address', false],
  ])('as an address to fetch from: %s is %s', (address, isPublic) => {
    expect(isPublicAddress(address)).toBe(isPublic);
  });

  it('shows a name without what could dress up a page', () => {
    expect(plainName('  Cl<b>aude\u202e\n ', 'none')).toBe('Cl b aude');
    expect(plainName('<>', 'none')).toBe('none');
    expect(plainName('x'.repeat(200), 'none')).toHaveLength(80);
  });
});
