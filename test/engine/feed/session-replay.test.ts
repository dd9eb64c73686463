import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ClientRig } from '../../support/feed/client-rig.ts';
import { sharedData } from '../../support/shared-data.ts';

interface Line {
  readonly dir: 'in' | 'out';
  readonly frame: { readonly type: string; readonly channel: number };
}

const file = sharedData('public/dxlink_session_example.jsonl');

function lines(path: string): Line[] {
  const text = readFileSync(path, 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line) as Line);
}

/** Field lists that the recorded client asked for; the recording leaves their announcement out. */
function announcement(session: readonly Line[], channel: number): object {
  const setup = session.find(({ frame }) => frame.type === 'FEED_SETUP')?.frame;
  const { acceptEventFields } = setup as unknown as { acceptEventFields: object };
  const eventFields = acceptEventFields;
  return {
    type: 'FEED_CONFIG',
    channel,
    dataFormat: 'COMPACT',
    aggregationPeriod: 0.1,
    eventFields,
  };
}

describe.skipIf(file === undefined)('a recorded session (needs ../shared/data)', () => {
  const session = file === undefined ? [] : lines(file);

  function replay(isAnnounced: boolean): ClientRig {
    const rig = new ClientRig();
    rig.start();
    rig.token();
    rig.socketOpens();
    for (const { dir, frame } of session) {
      if (dir === 'out') continue;
      if (frame.type === 'FEED_DATA' && isAnnounced) rig.says(announcement(session, frame.channel));
      rig.says(frame);
      if (frame.type === 'CHANNEL_OPENED') rig.says({ ...frame, channel: 1 });
    }
    return rig;
  }

  it('leads through the handshake to every value of its data', () => {
    const rig = replay(true);
    expect(rig.status).toMatchObject({ state: 'open', errors: {} });
    expect(rig.handler.takeEvents()).toEqual([
      ['trade', 'SPY', 5_593_600, 100, 13_743_299, undefined],
      ['trade', 'BTC/USD:CXTALP', 583_567_100, 0, undefined, undefined],
      ['quote', '.SPXW241125P5990', 105_000, 107_000, 4, 24],
      ['quote', '.SPXW241125P5980', 51_000, 53_000, 96, 55],
      ['quote', '.SPXW241125P5970', 24_000, 25_000, 63, 116],
    ]);
  });

  it('yields nothing where the field lists were not announced', () => {
    const rig = replay(false);
    expect(rig.handler.takeEvents()).toEqual([]);
    expect(rig.status.errors).toEqual({ unannouncedType: 1 + 1, formatMismatch: 1 });
  });
});
