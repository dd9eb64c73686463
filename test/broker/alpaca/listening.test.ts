import { describe, expect, it } from 'vitest';
import type { GatewayEffect } from '../../../src/broker/order-gateway.ts';
import { AlpacaRig } from './alpaca-rig.ts';

const AUTHORIZED = '{"stream":"authorization","data":{"status":"authorized"}}';
const ANSWERED = JSON.stringify({ stream: 'listening', data: { streams: ['trade_updates'] } });

function hear(rig: AlpacaRig, text: string): readonly GatewayEffect[] {
  return rig.gateway.onWire({ kind: 'socketFrame', text }, rig.at());
}

describe('an answer to the request to listen', () => {
  it.each([{ streams: [] }, { streams: ['account_updates'] }, { error: 'no such stream' }])(
    'that does not name the stream of orders is no connection: %o',
    (data) => {
      const rig = new AlpacaRig({ isConnected: false });
      rig.gateway.onWire({ kind: 'socketOpen' }, rig.at());
      hear(rig, AUTHORIZED);
      const effects = hear(rig, JSON.stringify({ stream: 'listening', data }));
      expect(effects.map(({ kind }) => kind)).toEqual(['socketReset', 'event']);
      expect(effects.at(-1)).toMatchObject({ event: { kind: 'connection', connected: false } });
    },
  );

  it('that does not name it any more ends the connection, and the next one begins it anew', () => {
    const rig = new AlpacaRig();
    const effects = hear(rig, '{"stream":"listening","data":{"streams":[]}}');
    expect(effects.map(({ kind }) => kind)).toEqual(['socketReset', 'event']);
    rig.gateway.onWire({ kind: 'socketClosed', reason: 'reset' }, rig.at());
    rig.gateway.onWire({ kind: 'socketOpen' }, rig.at());
    hear(rig, AUTHORIZED);
    expect(hear(rig, ANSWERED)[0]).toMatchObject({ event: { connected: true } });
  });
});
