import { describe, expect, it } from 'vitest';
import { usualConfirm } from '../../src/config.ts';
import type { Rung } from '../../src/mcp/confirm-rungs.ts';
import { rungOf } from '../../src/mcp/confirm-rungs.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import type { Elicit } from './support/connected-client.ts';
import { call, join } from './support/connected-client.ts';

const MODES = ['token', 'elicit-preferred', 'elicit-required', 'browser'] as const;
const EXITS = ['close', 'flatten', 'cancel'] as const;
const decline: Elicit = () => ({ action: 'decline' });

/** Clients at which a dialog is of no use: it cannot be shown, is not shown, or is refused. */
const CLIENTS: readonly (readonly [string, Elicit | undefined])[] = [
  ['cannot ask', undefined],
  ['cancels at once', () => ({ action: 'cancel' })],
  ['declines', decline],
];

describe('what a token needs beside itself', () => {
  it('is a human’s yes with live money, unless the operator says otherwise', () => {
    expect(usualConfirm('live')).toBe('elicit-required');
    expect(usualConfirm('paper')).toBe('elicit-preferred');
  });

  it.each<readonly [(typeof MODES)[number], Rung]>([
    ['token', 'token'],
    ['elicit-preferred', 'dialogIfAny'],
    ['elicit-required', 'dialog'],
    ['browser', 'page'],
  ])('is under %s, for an opening: %s', (mode, rung) => {
    expect(rungOf('open', mode)).toBe(rung);
  });

  it.each(MODES.flatMap((mode) => EXITS.map((purpose) => [purpose, mode] as const)))(
    'is nothing for a %s under %s',
    (purpose, mode) => {
      expect(rungOf(purpose, mode)).toBe('token');
    },
  );
});

describe.each(MODES)('the ways out of live money under %s', (confirmMode) => {
  it.each(CLIENTS)('take no more than a token from a client that %s', async (_what, elicit) => {
    const api = new FakeEngineApi({ environment: 'live' });
    const held = await join({ api, settings: { confirmMode: 'token' } });
    const card = await call(held.client, 'iron_condor_30_delta');
    const { confirmToken } = card.data;
    await call(held.client, 'confirm_trade', { confirm_token: confirmToken });
    await held.close();
    api.orders.push({ ...api.orders[0]!, orderId: 'X-1', purpose: 'exit', status: 'working' });

    const settings = { confirmMode };
    const { client, close } = await join({ api, settings, ...(elicit && { elicit }) });
    const killed = await call(client, 'kill_switch');
    expect(killed.isError).toBe(false);
    expect(api.killed).toBe(true);
    for (const [tool, args] of [
      ['cancel_order', { order_id: 'X-1' }],
      ['close_position', { order_or_position_id: 'O-1-P', quantity: 1 }],
      ['flatten_all', {}],
    ] as const) {
      const preview = await call(client, tool, args);
      const confirm_token = preview.data['confirmToken'];
      const done = await call(client, tool, { confirm_token });
      expect(done.isError, `${tool}: ${done.text}`).toBe(false);
    }
    expect(api.confirmed).toHaveLength(4);
    await close();
  });

  it('take no token at all from a client that may only observe: it can stop trading', async () => {
    const api = new FakeEngineApi({ environment: 'live' });
    const narrowing = { rights: { authority: 'observe' } } as const;
    const { client, close } = await join({ api, settings: { confirmMode }, narrowing });
    await call(client, 'panic_button');
    expect(api.killed).toBe(true);
    await close();
  });
});

describe('an opening with live money, asked of its usual confirm', () => {
  it.each(CLIENTS)('is not placed by a client that %s', async (_what, elicit) => {
    const api = new FakeEngineApi({ environment: 'live' });
    const settings = { confirmMode: usualConfirm('live') };
    const { client, close } = await join({ api, settings, ...(elicit && { elicit }) });
    const card = await call(client, 'iron_condor_30_delta');
    const confirm_token = card.data['confirmToken'];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const refused = await call(client, 'confirm_trade', { confirm_token });
      expect(refused.isError).toBe(true);
    }
    expect(api.confirmed).toEqual([]);
    await close();
  });
});
