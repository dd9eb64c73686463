import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ClientDirectory,
  isSafeRedirect,
  plainName,
} from '../../../src/web/oauth/client-directory.ts';
import {
  fetchClientDocument,
  isDocumentUrl,
  isPublicAddress,
} from '../../../src/web/oauth/client-document.ts';

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
      return typeof document === 'function' ? document() : document;
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

describe('the host of documents', () => {
  it('is asked by strangers thirty times a minute at most, by whom the operator let in always', async () => {
    const clients = directory();
    const ask = (id: string) => clients.getClient(id);
    await Promise.all(Array.from({ length: 40 }, (_, i) => ask(`${ID}-${i}`)));
    expect(fetched).toHaveLength(30);
    await ask('https://other.example/client.json');
    letIn = [ID];
    await ask(ID);
    expect(fetched.slice(30)).toEqual(['https://other.example/client.json', ID]);
    now += 61;
    await ask(`${ID}-again`);
    expect(fetched).toHaveLength(33);
  });

  it('is left alone for a while where it failed three times in a row, and it alone', async () => {
    const clients = directory(async () => {
      throw new Error('no route to it');
    });
    for (let i = 0; i < 6; i += 1) expect(await clients.getClient(ID)).toBeUndefined();
    expect(fetched).toHaveLength(3);
    expect(await clients.getClient('https://other.example/client.json')).toBeUndefined();
    expect(fetched).toHaveLength(4);
  });
});

describe('a document', () => {
  it('is told apart from a host that does not answer, and is not asked for at a private address', async () => {
    const here = { isAllowed: () => true };
    await expect(fetchClientDocument('https://127.0.0.1:1/c.json', here)).rejects.toThrow();
    await expect(fetchClientDocument('https://localhost:1/c.json')).rejects.toThrow('no public');
    expect(await fetchClientDocument('https://127.0.0.1:1/c.json')).toBeUndefined();
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
