import { describe, expect, it } from 'vitest';
import type { TradeCard } from '../../src/desk/engine-api.ts';
import { deny } from '../../src/engine/domain/verdict.ts';
import { AnsweredTokens } from '../../src/mcp/answered-tokens.ts';
import type { AskHuman, DialogReply } from '../../src/mcp/confirm-dialog.ts';
import {
  CONFIRM_FIELD,
  consentOf,
  Dialogs,
  INSTANT_CANCEL_MILLIS,
  openingQuestion,
} from '../../src/mcp/confirm-dialog.ts';
import { createFaceRoom } from '../../src/mcp/face.ts';
import { redeemToken } from '../../src/mcp/redeem-token.ts';
import { confirmTrade } from '../../src/mcp/tools/confirm-trade.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import type { Elicit } from './support/connected-client.ts';
import { ALL_SETTINGS, call, join } from './support/connected-client.ts';

const LOCAL = { principal: 'local', authority: 'open' } as const;

function later<T>(value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), INSTANT_CANCEL_MILLIS + 50));
}

const accept: Elicit = () => ({ action: 'accept', content: { [CONFIRM_FIELD]: true } });

async function previewed(options: Parameters<typeof join>[0]) {
  const joined = await join(options);
  const card = await call(joined.client, 'iron_condor_30_delta');
  const confirm_token: string = card.data['confirmToken'];
  const confirm = () => call(joined.client, 'confirm_trade', { confirm_token });
  return { ...joined, confirm, confirm_token };
}

describe('confirming an opening', () => {
  it('goes by the token alone where the client cannot ask', async () => {
    const { api, confirm, close } = await previewed({});
    expect((await confirm()).data['status']).toBe('filled');
    expect(api.confirmed).toHaveLength(1);
    await close();
  });

  it('asks the human with the worst case first, and places on a ticked box', async () => {
    const asked: string[] = [];
    const elicit: Elicit = ({ message }) => {
      asked.push(message);
      return { action: 'accept', content: { [CONFIRM_FIELD]: true } };
    };
    const { confirm, close } = await previewed({ elicit });
    expect((await confirm()).data['status']).toBe('filled');
    expect(asked[0]).toMatch(/^Worst case: you lose \$412\.00/);
    expect((await confirm()).data['replayed']).toBe(true);
    expect(asked).toHaveLength(1);
    await close();
  });

  it('asks again after an order that the engine refused', async () => {
    let asked = 0;
    const elicit: Elicit = () => {
      asked += 1;
      return { action: 'accept', content: { [CONFIRM_FIELD]: true } };
    };
    const api = new FakeEngineApi();
    const { confirm, close } = await previewed({ api, elicit });
    const confirmIn = api.confirm.bind(api);
    api.confirm = async () => ({
      stamp: api.stamp(),
      ...deny('buying_power', 'not now', {}),
    });
    expect((await confirm()).isError).toBe(true);
    api.confirm = confirmIn;
    expect((await confirm()).data['status']).toBe('filled');
    expect(asked).toBe(2);
    await close();
  });

  it('places nothing on a decline, and the token is dead for every connection', async () => {
    const api = new FakeEngineApi();
    const room = createFaceRoom(api, ALL_SETTINGS);
    const first = await previewed({ api, room, elicit: () => ({ action: 'decline' }) });
    const declined = await first.confirm();
    expect(declined.isError).toBe(true);
    expect(declined.text).toContain('declined: nothing was placed');
    const second = await join({ api, room });
    const again = await call(second.client, 'confirm_trade', {
      confirm_token: first.confirm_token,
    });
    expect(again.data['denied'].code).toBe('token_invalid');
    expect(api.confirmed).toEqual([]);
    await first.close();
    await second.close();
  });

  it('places nothing without the tick, and asks again', async () => {
    let asked = 0;
    const elicit: Elicit = () => {
      asked += 1;
      return { action: 'accept', content: { [CONFIRM_FIELD]: asked === 2 } };
    };
    const { api, confirm, close } = await previewed({ elicit });
    expect((await confirm()).text).toContain('not ticked');
    expect(api.confirmed).toEqual([]);
    expect((await confirm()).data['status']).toBe('filled');
    await close();
  });

  it('takes an instant cancel for a dialog nobody saw, and names the way on', async () => {
    let asked = 0;
    const elicit: Elicit = () => {
      asked += 1;
      return { action: 'cancel' };
    };
    const { api, confirm, close } = await previewed({ elicit });
    const unseen = await confirm();
    expect(unseen.data['denied'].dialog).toBe('notShown');
    expect(unseen.text).toContain('call confirm_trade again with the same confirm_token');
    expect(api.confirmed).toEqual([]);
    expect((await confirm()).data['status']).toBe('filled');
    expect(asked).toBe(1);
    await close();
  });

  it('asks again where a human has answered a dialog, though the next came back at once', async () => {
    const cancel = { action: 'cancel' } as const;
    const ticked = { action: 'accept' as const, content: { [CONFIRM_FIELD]: true } };
    const replies = [later(ticked), cancel, ticked];
    let asked = 0;
    const elicit: Elicit = () => {
      asked += 1;
      return replies[asked - 1] ?? cancel;
    };
    const { client, api, confirm, close } = await previewed({ elicit });
    expect((await confirm()).data['status']).toBe('filled');
    const { confirmToken } = (await call(client, 'iron_condor_30_delta')).data;
    const again = () => call(client, 'confirm_trade', { confirm_token: confirmToken });
    expect((await again()).data['denied'].dialog).toBe('closed');
    expect(api.confirmed).toHaveLength(1);
    expect((await again()).data['status']).toBe('filled');
    expect(asked).toBe(3);
    await close();
  });

  it('takes a slow cancel for an answer, and asks again next time', async () => {
    const elicit: Elicit = () => later({ action: 'cancel' as const });
    const { api, confirm, close } = await previewed({ elicit });
    expect((await confirm()).data['denied'].dialog).toBe('closed');
    expect((await confirm()).data['denied'].dialog).toBe('closed');
    expect(api.confirmed).toEqual([]);
    await close();
  });

  it('places nothing when nobody answers while the token lives', async () => {
    const api = new FakeEngineApi();
    api.expiresInSeconds = 0.35;
    const elicit: Elicit = () => new Promise(() => undefined);
    const { confirm, close } = await previewed({ api, elicit });
    expect((await confirm()).data['denied'].dialog).toBe('unanswered');
    expect(api.confirmed).toEqual([]);
    await close();
  });

  it('needs the dialog under elicit-required, every time', async () => {
    const settings = { confirmMode: 'elicit-required' } as const;
    const without = await previewed({ settings });
    const names = (await without.client.listTools()).tools.map(({ name }) => name);
    expect(names).not.toContain('confirm_trade');
    expect((await without.confirm()).text).toContain('elicit-required');
    expect(without.api.confirmed).toEqual([]);
    const unseen = await previewed({ settings, elicit: () => ({ action: 'cancel' }) });
    await unseen.confirm();
    expect((await unseen.confirm()).data['denied'].dialog).toBe('notShown');
    expect(unseen.api.confirmed).toEqual([]);
    const asked = await previewed({ settings, elicit: accept });
    expect((await asked.confirm()).data['status']).toBe('filled');
    for (const { close } of [without, unseen, asked]) await close();
  });

  it('never asks under DELTARING_CONFIRM=token', async () => {
    const settings = { confirmMode: 'token' } as const;
    const elicit: Elicit = () => ({ action: 'decline' });
    const { confirm, close } = await previewed({ settings, elicit });
    expect((await confirm()).data['status']).toBe('filled');
    await close();
  });

  it('asks for an older call that carries its token to the strategy', async () => {
    const elicit: Elicit = () => ({ action: 'decline' });
    const { client, api, confirm_token, close } = await previewed({ elicit });
    const args = { preview: false, confirm_token };
    const result = await call(client, 'iron_condor_30_delta', args);
    expect(result.text).toContain('declined');
    expect(api.confirmed).toEqual([]);
    await close();
  });

  it('only previews for an older call without a token', async () => {
    const { client, api, close } = await previewed({});
    const dry = await call(client, 'iron_condor_30_delta', { preview: false });
    expect(dry.text).toContain('Nothing was placed');
    expect(dry.data['confirmToken']).toBeTruthy();
    expect(api.confirmed).toEqual([]);
    await close();
  });
});

describe('redeeming a token', () => {
  it('never asks for a close, a flatten or a cancel', async () => {
    const elicit: Elicit = () => ({ action: 'decline' });
    const settings = { confirmMode: 'elicit-required' } as const;
    const { client, api, close } = await join({ elicit, settings });
    const flat = await call(client, 'flatten_all');
    const done = await call(client, 'flatten_all', { confirm_token: flat.data['confirmToken'] });
    expect(done.isError).toBe(false);
    expect(api.orders.map(({ purpose }) => purpose)).toEqual(['flatten']);
    await close();
  });

  it('opens nothing through a tool that closes', async () => {
    const { client, api, confirm_token, close } = await previewed({ elicit: accept });
    for (const tool of ['flatten_all', 'close_position', 'cancel_order']) {
      const result = await call(client, tool, { confirm_token });
      expect(result.data['denied']).toMatchObject({ code: 'argument_invalid', purpose: 'open' });
    }
    expect(api.confirmed).toEqual([]);
    await close();
  });

  it('answers an unknown and a foreign token alike', async () => {
    const api = new FakeEngineApi();
    const { confirm_token, close } = await previewed({ api });
    const room = createFaceRoom(api, ALL_SETTINGS);
    const context = {
      api,
      caller: { principal: 'stranger', authority: 'open' },
      confirmMode: 'token',
      readOnly: false,
      holds: () => true,
      offers: () => true,
      ask: undefined,
      conversation: { dialogs: new Dialogs() },
      tokens: room.tokens,
      approvals: room.approvals,
      streams: room.streams,
    } as const;
    const openings = { purposes: ['open'], isReadOnlyTool: false } as const;
    const foreign = await redeemToken(context, confirm_token, openings);
    const unknown = await redeemToken(context, 'nonsense', openings);
    expect(foreign).toEqual(unknown);
    expect(foreign).toHaveProperty('denied.code', 'token_invalid');
    expect(api.orders).toEqual([]);
    await close();
  });

  it('tells what a token did to a face that has never seen it, and asks nobody', async () => {
    const { api, confirm, confirm_token, close } = await previewed({});
    await confirm();
    const elicit: Elicit = () => ({ action: 'decline' });
    const later = await join({ api, elicit });
    const again = await call(later.client, 'confirm_trade', { confirm_token });
    expect(again.data).toMatchObject({ orderId: 'O-1', replayed: true });
    await later.close();
    await close();
  });

  it('takes a token for the cancel of an order that protects', async () => {
    const { client, api, confirm, close } = await previewed({});
    await confirm();
    api.orders.push({ ...api.orders[0]!, orderId: 'X-1', purpose: 'exit', status: 'working' });
    const card = await call(client, 'cancel_order', { order_id: 'X-1' });
    expect(card.data['purpose']).toBe('cancel');
    expect(card.text).toContain('closes or protects a position');
    const confirm_token = card.data['confirmToken'];
    const done = await call(client, 'delete_order', { confirm_token });
    expect(done.data['orders'][0]).toMatchObject({ orderId: 'X-1', status: 'cancelled' });
    const plain = await call(client, 'cancel_order', { order_id: 'O-1' });
    expect(plain.data['status']).toBe('cancelled');
    await close();
  });

  it('redeems nothing on a read-only face, whatever calls it', async () => {
    const api = new FakeEngineApi();
    const room = createFaceRoom(api, { ...ALL_SETTINGS, readOnly: true });
    const { client, close } = await join({ api, room });
    const card = await api.previewStrategy(
      { strategy: 'straddle_scan', strike: 600, quantity: 1 },
      LOCAL,
    );
    const confirm_token = 'value' in card ? card.value.confirmToken : '';
    const result = await call(client, 'straddle_scan', { confirm_token });
    expect(result.data['denied'].code).toBe('not_authorized');
    await expect(call(client, 'confirm_trade', { confirm_token })).rejects.toThrow('read-only');
    expect(api.confirmed).toEqual([]);
    await close();
  });
});

describe('the words of a dialog', () => {
  it('reads every reply, and only a ticked accept as consent', () => {
    const reply = (action: 'accept' | 'decline' | 'cancel' | 'failed', elapsedMillis: number) =>
      consentOf({ action, ticked: false, elapsedMillis });
    expect(consentOf({ action: 'accept', ticked: true, elapsedMillis: 0 })).toBe('accepted');
    expect(reply('accept', 9_000)).toBe('unticked');
    expect(reply('decline', 0)).toBe('declined');
    expect(reply('cancel', INSTANT_CANCEL_MILLIS - 1)).toBe('notShown');
    expect(reply('cancel', INSTANT_CANCEL_MILLIS)).toBe('closed');
    expect(reply('failed', 1)).toBe('notShown');
    expect(reply('failed', 30_000)).toBe('unanswered');
  });

  it('are not taken for unseen where another of the connection was in the way', async () => {
    const dialogs = new Dialogs();
    const question = { message: '', boxTitle: '', timeoutMillis: 1 };
    const first = Promise.withResolvers<DialogReply>();
    const atOnce: AskHuman = async () => ({ action: 'failed', ticked: false, elapsedMillis: 4 });
    const shown = dialogs.ask(() => first.promise, question);
    expect(await dialogs.ask(atOnce, question)).toBe('closed');
    first.resolve({ action: 'failed', ticked: false, elapsedMillis: 30_000 });
    expect([await shown, dialogs.areNotShown]).toEqual(['unanswered', false]);
    expect(await dialogs.ask(atOnce, question)).toBe('notShown');
    expect(dialogs.areNotShown).toBe(true);
  });

  it.each([
    ['cancel', 'closed', 'notShown'],
    ['decline', 'declined', 'closed'],
  ] as const)(
    'are shown to somebody where one was chosen, not cancelled (%s)',
    async (action, first, then) => {
      const dialogs = new Dialogs();
      const question = { message: '', boxTitle: '', timeoutMillis: 1 };
      const replies = (answer: 'cancel' | 'decline', elapsedMillis: number): AskHuman => {
        return async () => ({ action: answer, ticked: false, elapsedMillis });
      };
      expect(await dialogs.ask(replies(action, 400), question)).toBe(first);
      expect(await dialogs.ask(replies('cancel', 5), question)).toBe(then);
      expect(dialogs.areNotShown).toBe(then === 'notShown');
    },
  );

  it('says when profit is unlimited and waits as long as the token lives', async () => {
    const api = new FakeEngineApi();
    const answer = await api.previewStrategy(
      { strategy: 'straddle_scan', strike: 600, quantity: 1 },
      LOCAL,
    );
    const card = (answer as { value: TradeCard }).value;
    const question = openingQuestion({ ...card, maxProfitCents: null }, 'live');
    expect(question.message).toContain('Best case: unlimited. Account: live money.');
    expect(question.timeoutMillis).toBe(30_000);
    const twice = { ...card, legs: card.legs.map((leg) => ({ ...leg, quantity: 2 })) };
    expect(openingQuestion(twice, 'live').message).toContain('(in all: Sell to Open 2 × 597 put');
    const dryRun = {
      outcome: 'passed',
      neededCents: 914_00,
      feesCents: 4_96,
      buyingPowerAfterCents: null,
      said: [],
    } as const;
    expect(openingQuestion({ ...card, dryRun }, 'live').message).toContain(
      "live money. The broker's dry run agrees: buying power $914.00, fees $4.96.",
    );
  });

  it('remembers answers by principal', () => {
    const tokens = new AnsweredTokens();
    tokens.remember('a', 't', 'declined');
    expect([tokens.get('a', 't'), tokens.get('b', 't')]).toEqual(['declined', undefined]);
  });

  it('remembers what was carried out, whatever is said afterwards', () => {
    const tokens = new AnsweredTokens();
    tokens.remember('a', 't', 'declined');
    expect(tokens.killedBy('a', 't')).toBe('declined');
    tokens.remember('a', 't', 'done');
    tokens.remember('a', 't', 'declined');
    expect([tokens.get('a', 't'), tokens.killedBy('a', 't')]).toEqual(['done', undefined]);
  });

  it('is the only listed tool that takes a token for an opening', () => {
    expect(confirmTrade.hints).toEqual({
      readOnly: false,
      destructive: true,
      idempotent: false,
      openWorld: true,
    });
  });
});
