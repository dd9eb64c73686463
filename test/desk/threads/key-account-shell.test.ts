import { describe, expect, it, onTestFinished } from 'vitest';
import { ALPACA_PACE } from '../../../src/broker/alpaca/alpaca-pace.ts';
import { keySender } from '../../../src/desk/threads/key-account-shell.ts';
import { newAccountPace } from '../../../src/desk/threads/request-turns-shell.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { AlpacaServer } from '../../support/alpaca/alpaca-server.ts';

async function account() {
  const [trading, data] = [0, 1].map(
    () => new AlpacaServer({ now: newYorkInstant(sessionDate('2026-08-04'), 600) }),
  );
  if (trading === undefined || data === undefined) throw new Error('two servers');
  for (const server of [trading, data]) {
    await server.listen();
    onTestFinished(() => server.close());
  }
  const { key: keyId, secret: secretKey } = trading;
  const login = { kind: 'keys', keyId, secretKey } as const;
  const urls = { tradingUrl: trading.url, dataUrl: data.url };
  const pace = newAccountPace(ALPACA_PACE);
  const send = keySender({ ...urls, headers: { 'user-agent': 'test' }, login, pace }, 1_000);
  return { trading, data, send };
}

describe('requests of an account reader under keys', () => {
  it('go to the host of their service, and each answer is handed out whatever it says', async () => {
    const { trading, data, send } = await account();
    expect(await send({ method: 'GET', path: '/v2/account' })).toMatchObject({ status: 200 });
    const path = '/v2/stocks/SPY/snapshot';
    expect(await send({ method: 'GET', path, service: 'data' })).toMatchObject({ status: 200 });
    const body = '{"name":"core","symbols":["SPY"]}';
    expect(await send({ method: 'POST', path: '/v2/watchlists', body })).toMatchObject({
      status: 200,
    });
    expect(await send({ method: 'GET', path: '/v2/nothing' })).toMatchObject({ status: 404 });
    expect(trading.requests).toHaveLength(3);
    expect(data.requests).toEqual([`GET ${path}`]);
  });

  it('rest after failures in a row, and say no key', async () => {
    const { trading, send } = await account();
    trading.faults.onRequest('GET', 'dropRequest', 9);
    const reasons: string[] = [];
    for (let call = 0; call < 6; call += 1) {
      reasons.push(await send({ method: 'GET', path: '/v2/account' }).then(String, String));
    }
    expect(reasons.slice(0, 5)).toEqual(Array(5).fill('Error: the broker did not answer'));
    expect(reasons[5]).toBe('Error: the broker rests after repeated failures');
    expect(trading.requests).toHaveLength(5);
  });
});
