import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientDirectory } from '../../../src/web/oauth/client-directory.ts';
import type { ConsentView } from '../../../src/web/oauth/consent-page.ts';
import { GrantBook } from '../../../src/web/oauth/grant-book.ts';
import type { ConsentOutcome } from '../../../src/web/oauth/operator-provider.ts';
import { OperatorProvider } from '../../../src/web/oauth/operator-provider.ts';
import { PairingDesk } from '../../../src/web/oauth/pairing.ts';

const ISSUER = 'https://desk.example';
const RESOURCE = 'https://desk.example/mcp';
const REDIRECT = 'https://client.example/cb';
const CLIENT = { client_id: 'a', redirect_uris: [REDIRECT] };
const PARAMS = { redirectUri: REDIRECT, codeChallenge: 'x', scopes: ['market.read'] };
let home: string;
let seconds: number;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'deltaring-provider-'));
  seconds = 1_000;
});
afterEach(() => rmSync(home, { recursive: true }));

function room() {
  const pairing = new PairingDesk(() => seconds * 1e6);
  const nowSeconds = () => seconds;
  const views: ConsentView[] = [];
  const log = () => undefined;
  const grants = new GrantBook({ path: join(home, 'grants.json'), nowSeconds, log });
  const isLetIn = (clientId: string) => grants.holds(clientId);
  const provider = new OperatorProvider({
    issuer: ISSUER,
    resource: RESOURCE,
    clients: new ClientDirectory({ path: join(home, 'clients.json'), nowSeconds, log, isLetIn }),
    grants,
    pairing,
    nowSeconds,
    show: (_response, view) => views.push(view),
  });
  /** The client asks; the id of the page that is shown. */
  const ask = async (): Promise<string> => {
    await provider.authorize(CLIENT, PARAMS, express().response);
    return views.at(-1)?.requestId ?? '';
  };
  const allow = (
    requestId: string,
    scopes: readonly string[] = ['market.read'],
  ): ConsentOutcome => {
    const { code: pairingCode } = pairing.issue();
    const rights = { authority: 'observe' } as const;
    return provider.consent({ requestId, allow: true, pairingCode, scopes, rights });
  };
  const codeOf = (outcome: ConsentOutcome): string => {
    return outcome.kind === 'redirect' ? (new URL(outcome.to).searchParams.get('code') ?? '') : '';
  };
  return { provider, ask, allow, codeOf };
}

describe('the consent of the operator', () => {
  it('is asked for ten minutes, and no longer', async () => {
    const { ask, allow } = room();
    const [early, late] = [await ask(), await ask()];
    seconds += 600;
    expect(allow(early).kind).toBe('redirect');
    seconds += 1;
    expect(allow(late)).toEqual({ kind: 'gone' });
  });

  it('is given once', async () => {
    const { ask, allow } = room();
    const requestId = await ask();
    expect(allow(requestId).kind).toBe('redirect');
    expect(allow(requestId)).toEqual({ kind: 'gone' });
  });

  it('gives nothing that the client did not ask for, whatever the form says', async () => {
    const { provider, ask, allow, codeOf } = room();
    const outcome = allow(await ask(), ['market.read', 'trade.execute', 'ops.kill']);
    const tokens = await provider.exchangeAuthorizationCode(CLIENT, codeOf(outcome));
    expect(tokens.scope).toBe('market.read');
    expect(allow(await ask(), ['trade.execute'])).toMatchObject({ kind: 'again' });
  });
});

describe('the code of a consent', () => {
  it('lives a minute, serves its own client alone, and for its own redirect', async () => {
    const { provider, ask, allow, codeOf } = room();
    const late = codeOf(allow(await ask()));
    seconds += 61;
    await expect(provider.exchangeAuthorizationCode(CLIENT, late)).rejects.toThrow();
    const code = codeOf(allow(await ask()));
    const other = { ...CLIENT, client_id: 'b' };
    await expect(provider.exchangeAuthorizationCode(other, code)).rejects.toThrow();
    const elsewhere = 'https://client.example/other';
    await expect(
      provider.exchangeAuthorizationCode(CLIENT, code, undefined, elsewhere),
    ).rejects.toThrow(/redirect_uri/);
    const tokens = await provider.exchangeAuthorizationCode(CLIENT, code, undefined, REDIRECT);
    expect(tokens.token_type).toBe('Bearer');
  });

  it('is exchanged for this resource alone, not for another path of its host', async () => {
    const { provider, ask, allow, codeOf } = room();
    const code = codeOf(allow(await ask()));
    const another = new URL('/other', RESOURCE);
    await expect(
      provider.exchangeAuthorizationCode(CLIENT, code, undefined, REDIRECT, another),
    ).rejects.toThrow(/no such resource/);
    const own = new URL(RESOURCE);
    await provider.exchangeAuthorizationCode(CLIENT, code, undefined, REDIRECT, own);
  });
});
