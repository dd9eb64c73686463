import { describe, expect, it } from 'vitest';
import { AnsweredTokens } from '../../src/mcp/answered-tokens.ts';
import { ApprovalDesk } from '../../src/mcp/approvals.ts';
import { createFaceRoom } from '../../src/mcp/face.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { ALL_SETTINGS, call, join } from './support/connected-client.ts';

const BASE = 'http://127.0.0.1:8080';
const CALLER = { principal: 'local', authority: 'open' } as const;

async function put() {
  const api = new FakeEngineApi();
  const tokens = new AnsweredTokens();
  const desk = new ApprovalDesk(api, tokens);
  desk.servedAt(BASE);
  const request = {
    strategy: 'lotto_play_5_delta',
    side: 'call',
    targetDelta: 5,
    quantity: 1,
  } as const;
  const answer = await api.previewStrategy(request, CALLER);
  if ('denied' in answer) throw new Error(answer.denied.message);
  const card = answer.value;
  const url = desk.put(card.confirmToken, CALLER, card) ?? '';
  return { api, tokens, desk, card, url, id: url.slice(`${BASE}/approve/`.length) };
}

describe('a trade put to the human', () => {
  it('has one page of its own that nobody can guess, however often it is asked for', async () => {
    const { desk, card, url, id } = await put();
    expect(Buffer.from(id, 'base64url')).toHaveLength(32);
    expect(desk.put(card.confirmToken, CALLER, card)).toBe(url);
    expect(desk.find(id)?.card).toBe(card);
    expect(desk.find('guessed')).toBeUndefined();
  });

  it('goes out with the yes, once', async () => {
    const { desk, api, id } = await put();
    const outcome = await desk.decide(id, 'yes');
    expect(outcome).toMatchObject({ kind: 'placed', answer: { value: { status: 'filled' } } });
    expect(await desk.decide(id, 'yes')).toEqual({ kind: 'gone' });
    expect(api.confirmed).toHaveLength(1);
  });

  it('has another page once the engine refused a yes, for its preview may live on', async () => {
    const { desk, api, card, url, id } = await put();
    api.killed = true;
    expect(await desk.decide(id, 'yes')).toMatchObject({ answer: { denied: { code: 'killed' } } });
    const next = desk.put(card.confirmToken, CALLER, card) ?? '';
    expect(next).not.toBe(url);
    api.killed = false;
    const nextId = next.slice(`${BASE}/approve/`.length);
    expect(desk.find(nextId)?.card).toBe(card);
    expect(await desk.decide(nextId, 'yes')).toMatchObject({ answer: { value: {} } });
    expect(desk.put(card.confirmToken, CALLER, card)).toBe(next);
  });

  it('is over with the life of its token', async () => {
    const { desk, api, card } = await put();
    const late = { ...card, expiresInSeconds: 0 };
    const url = desk.put('another token', CALLER, late) ?? '';
    const id = url.slice(`${BASE}/approve/`.length);
    expect(desk.find(id)).toBeUndefined();
    expect(await desk.decide(id, 'yes')).toEqual({ kind: 'gone' });
    expect(api.confirmed).toEqual([]);
  });

  it('has another page for another principal', async () => {
    const { desk, card, url } = await put();
    const other = { ...CALLER, principal: 'bearer:other' };
    expect(desk.put(card.confirmToken, other, card)).not.toBe(url);
  });

  it('is over once the human said no elsewhere', async () => {
    const { desk, api, tokens, card, id } = await put();
    tokens.remember('local', card.confirmToken, 'declined');
    expect(desk.find(id)).toBeUndefined();
    expect(await desk.decide(id, 'yes')).toEqual({ kind: 'gone' });
    expect(api.confirmed).toEqual([]);
  });

  it('is dead after a no', async () => {
    const { desk, api, tokens, card, id } = await put();
    expect(await desk.decide(id, 'no')).toEqual({ kind: 'refused' });
    expect(await desk.decide(id, 'yes')).toEqual({ kind: 'gone' });
    expect(tokens.get('local', card.confirmToken)).toBe('declined');
    expect(api.confirmed).toEqual([]);
  });
});

describe('DELTARING_CONFIRM=browser', () => {
  async function previewed(isServed: boolean) {
    const api = new FakeEngineApi();
    const room = createFaceRoom(api, { ...ALL_SETTINGS, confirmMode: 'browser' });
    if (isServed) room.approvals.servedAt(BASE);
    const { client, close } = await join({ api, room });
    const card = await call(client, 'iron_condor_30_delta');
    const args = { confirm_token: card.data['confirmToken'] };
    return { api, room, close, confirm: () => call(client, 'confirm_trade', args) };
  }

  it('places nothing for the token alone, and names the page', async () => {
    const { api, confirm, close } = await previewed(true);
    const refused = await confirm();
    expect(refused.isError).toBe(true);
    expect(refused.data['denied'].approveUrl).toMatch(/^http:\/\/127\.0\.0\.1:8080\/approve\//);
    expect(refused.text).toContain('call confirm_trade again afterwards');
    expect(api.confirmed).toEqual([]);
    await close();
  });

  it('tells what the page did when it is called again', async () => {
    const { room, confirm, close } = await previewed(true);
    const url: string = (await confirm()).data['denied'].approveUrl;
    await room.approvals.decide(url.slice(url.lastIndexOf('/') + 1), 'yes');
    const told = await confirm();
    expect(told.isError).toBe(false);
    expect(told.data['replayed']).toBe(true);
    await close();
  });

  it('says so where no page is served', async () => {
    const { confirm, close } = await previewed(false);
    expect((await confirm()).text).toContain('this engine serves no page');
    await close();
  });

  it('asks nobody for an exit', async () => {
    const api = new FakeEngineApi();
    const room = createFaceRoom(api, { ...ALL_SETTINGS, confirmMode: 'browser' });
    const { client, close } = await join({ api, room });
    const card = await call(client, 'flatten_all');
    const done = await call(client, 'flatten_all', { confirm_token: card.data['confirmToken'] });
    expect(done.isError).toBe(false);
    await close();
  });
});
