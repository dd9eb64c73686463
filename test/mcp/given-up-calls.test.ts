/** Calls that the client gives up, by a stop of the human or by its own limit of time. */
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CONFIRM_FIELD, Dialogs } from '../../src/mcp/confirm-dialog.ts';
import { createFaceRoom } from '../../src/mcp/face.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import type { Elicit } from './support/connected-client.ts';
import { ALL_SETTINGS, call, join } from './support/connected-client.ts';

const TICKED = { action: 'accept' as const, content: { [CONFIRM_FIELD]: true } };

/** A client at an engine that tells what a token stands for once `release` is called. */
async function stage(elicit?: Elicit) {
  const api = new FakeEngineApi();
  const room = createFaceRoom(api, ALL_SETTINGS);
  const { client, close } = await join({ api, room, ...(elicit && { elicit }) });
  onTestFinished(close);
  const gate = Promise.withResolvers<void>();
  const describeToken = api.describeToken.bind(api);
  api.describeToken = async (token, caller) => {
    await gate.promise;
    return describeToken(token, caller);
  };
  const previewed = async (tool: string): Promise<string> =>
    (await call(client, tool)).data['confirmToken'];
  const confirm = (token: string) => call(client, 'confirm_trade', { confirm_token: token });
  /** Calls a tool with a token; `giveUp` resolves once the engine has heard that nobody waits. */
  const begin = (name: string, token: string) => {
    const stop = new AbortController();
    const params = { name, arguments: { confirm_token: token } };
    const given = client.callTool(params, undefined, { signal: stop.signal });
    const ended = given.then(
      () => 'answered',
      () => 'given up',
    );
    const giveUp = async (): Promise<void> => {
      stop.abort();
      expect(await ended).toBe('given up');
      await client.ping();
    };
    return { giveUp };
  };
  return { api, room, client, previewed, confirm, begin, release: gate.resolve };
}

describe('a confirm that was given up', () => {
  it('before its dialog was put to anybody takes nobody out of the next opening', async () => {
    let asked = 0;
    const { api, previewed, confirm, begin, release } = await stage(() => {
      asked += 1;
      expect(api.confirmed).toEqual([]);
      return TICKED;
    });
    const token = await previewed('iron_condor_30_delta');
    const { giveUp } = begin('confirm_trade', token);
    await giveUp();
    release();
    const next = await confirm(token);
    expect(next.data['status']).toBe('filled');
    expect([asked, api.confirmed.length]).toEqual([1, 1]);
  });

  it('has its dialog taken away, and a tick that comes all the same places nothing', async () => {
    const { api, client, previewed, confirm, begin, release } = await stage(() => TICKED);
    const shown = Promise.withResolvers<AbortSignal>();
    const reply = Promise.withResolvers<typeof TICKED>();
    client.setRequestHandler(ElicitRequestSchema, (_request, { signal }) => {
      shown.resolve(signal);
      return reply.promise;
    });
    release();
    const { giveUp } = begin('confirm_trade', await previewed('iron_condor_30_delta'));
    const dialog = await shown.promise;
    await giveUp();
    await expect.poll(() => dialog.aborted).toBe(true);
    reply.resolve(TICKED);
    const token = await previewed('iron_condor_30_delta');
    await confirm(token);
    expect(api.confirmed).toEqual([token]);
  });

  it('behind its dialog opens nothing for anybody: a no that comes to it is not heard', async () => {
    const shown = Promise.withResolvers<void>();
    const reply = Promise.withResolvers<{ action: 'decline' }>();
    const { api, room, client, previewed, begin, release } = await stage(() => {
      shown.resolve();
      return reply.promise;
    });
    client.removeNotificationHandler('notifications/cancelled');
    release();
    const token = await previewed('iron_condor_30_delta');
    const { giveUp } = begin('confirm_trade', token);
    await shown.promise;
    await giveUp();
    reply.resolve({ action: 'decline' });
    const other = await join({ api, room });
    onTestFinished(other.close);
    const tried = await call(other.client, 'confirm_trade', { confirm_token: token });
    expect(tried.text).toContain('given up while the human was asked: nothing was placed');
    expect(api.confirmed).toEqual([]);
  });

  it('opens nothing by the token alone either, and its token lives on', async () => {
    const { api, previewed, confirm, begin, release } = await stage();
    const token = await previewed('iron_condor_30_delta');
    const { giveUp } = begin('confirm_trade', token);
    await giveUp();
    release();
    expect((await confirm(token)).data).toMatchObject({ status: 'filled', replayed: false });
    expect(api.confirmed).toEqual([token]);
  });

  it('closes all the same', async () => {
    const { api, previewed, begin, release } = await stage();
    const { giveUp } = begin('flatten_all', await previewed('flatten_all'));
    await giveUp();
    release();
    await expect.poll(() => api.confirmed).toHaveLength(1);
  });
});

describe('a dialog whose call was given up', () => {
  it('says nothing of the dialogs of its connection', async () => {
    const dialogs = new Dialogs();
    const question = { message: '', boxTitle: '', timeoutMillis: 1 };
    const gone = { action: 'gone', ticked: true, elapsedMillis: 0 } as const;
    expect(await dialogs.ask(async () => gone, question)).toBe('gone');
    expect(dialogs.areNotShown).toBe(false);
  });
});
