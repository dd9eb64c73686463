/** Four disasters of others, played through the desk's own step: how many orders reached the broker,
 * and which control stopped the rest. The gate alone meets them in test/risk/post-mortems.test.ts. */
import { describe, expect, it } from 'vitest';
import type { StrategyRequest } from '../../src/desk/engine-api-requests.ts';
import type { Command } from '../../src/desk/inputs.ts';
import { addMicros, cents, MICROS_PER_HOUR } from '../../src/engine/domain/units.ts';
import type { Reply, Sides } from '../support/desk-rig.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, TRADER } from '../support/desk-rig.ts';

function denialOf(rig: DeskRig, request: StrategyRequest = CONDOR) {
  const command = { kind: 'previewStrategy', request, tokenSha256: rig.newToken() } as const;
  return denialIn(rig.ask(command));
}

type CommandOf<K> = Extract<Command, { readonly kind: K }>;

const HASH = '0'.repeat(64);

/** One of every kind that the desk knows: a new one does not compile before it stands here. */
const EVERY_COMMAND: { readonly [K in Command['kind']]: CommandOf<K> } = {
  previewStrategy: { kind: 'previewStrategy', request: CONDOR, tokenSha256: HASH },
  confirm: { kind: 'confirm', tokenSha256: HASH },
  previewClose: { kind: 'previewClose', target: 'all', quantity: undefined, tokenSha256: HASH },
  previewOrder: {
    kind: 'previewOrder',
    request: {
      legs: [{ action: 'buyToOpen', symbol: 'SPY   261120C00601000', ratio: 1 }],
      quantity: 1,
    },
    tokenSha256: HASH,
  },
  previewReplace: { kind: 'previewReplace', orderId: 'none', limit: 1, tokenSha256: HASH },
  previewFlatten: { kind: 'previewFlatten', tokenSha256: HASH },
  cancel: { kind: 'cancel', orderId: 'none', tokenSha256: HASH },
  kill: { kind: 'kill', reason: 'all stop' },
  latchMissing: { kind: 'latchMissing', fault: 'EIO' },
  rearm: { kind: 'rearm' },
  flattenNow: { kind: 'flattenNow' },
  reconcile: { kind: 'reconcile' },
  adopt: { kind: 'adopt' },
  planGrant: { kind: 'planGrant', budgetCents: 1e9, grantSha256: HASH },
  planRevoke: { kind: 'planRevoke' },
  setAlert: { kind: 'setAlert', request: { on: 'spot', direction: 'above', level: 601 } },
  clearAlert: { kind: 'clearAlert', alertId: 'none' },
  shutdown: { kind: 'shutdown', policy: 'leave' },
};

/** The checks that refused. */
function failedIn(reply: Reply<unknown> | undefined): readonly string[] {
  const checks = reply !== undefined && 'denied' in reply ? (reply.checks ?? []) : [];
  return checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);
}

describe('Knight, 2012: one parent order, millions of children, and nobody who looked', () => {
  it('sends one order for one agreement, however often it is confirmed, before and after a restart', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    for (let i = 0; i < 212; i += 1) rig.send({ kind: 'confirm', tokenSha256 });
    rig.advance(3);
    expect(rig.submitted).toHaveLength(1);
    const again = rig.restart();
    for (let i = 0; i < 212; i += 1) again.send({ kind: 'confirm', tokenSha256 });
    again.advance(3);
    expect(again.submitted).toEqual([]);
  });

  it('sends one order to a program that previews and confirms anew as fast as it can', () => {
    const rig = new DeskRig();
    rig.confirm(rig.preview().tokenSha256);
    const refused = new Set<string>();
    for (let i = 0; i < 200; i += 1) refused.add(denialOf(rig).code);
    expect(rig.submitted).toHaveLength(1);
    expect([...refused]).toEqual(['duplicate_order']);
  });

  it('disarms a slow loop at its eighth order, pages, and waits for a person', () => {
    const wide = { maxOpenRiskCents: cents(1e9), maxDailyLossCents: cents(1e9) };
    const rig = new DeskRig({ limits: { ...wide, duplicateWindowMillis: 0 } });
    let denied = '';
    for (let i = 0; i < 60 && denied === ''; i += 1) {
      rig.advance(10);
      const command = { kind: 'previewStrategy', request: CONDOR } as const;
      const tokenSha256 = rig.newToken();
      const reply = rig.ask({ ...command, tokenSha256 });
      if ('denied' in reply) denied = reply.denied.code;
      else rig.confirm(tokenSha256);
    }
    expect(denied).toBe('repeated_execution');
    expect(rig.submitted).toHaveLength(8);
    expect(rig.alerts()).toContain('REPEATED_EXECUTION');
  });
});

describe('Goldman, 2013: what was meant to rest goes live before the open, at a price of one dollar', () => {
  it('sends nothing before the open', () => {
    const rig = new DeskRig({ minutes: 9 * 60 + 20 });
    expect(denialOf(rig).code).toBe('entry_window');
    expect(rig.submitted).toEqual([]);
  });

  it('sends nothing at a price that the market has left, and shows the difference', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.quotes(602);
    const denial = denialIn(rig.confirm(tokenSha256));
    expect(denial.code).toBe('reprice_required');
    expect(Object.keys(denial.numbers)).toContain('tolerancePoints');
    expect(rig.submitted).toEqual([]);
  });
});

describe('HanMag, 2013: calls for puts and a wrong time to expiry, on the day itself', () => {
  const LONG = { action: 'buyToOpen', symbol: 'SPY   261120C00601000', ratio: 1 } as const;
  const SHORT = { ...LONG, action: 'sellToOpen' } as const;
  const WING = { ...LONG, symbol: 'SPY   261120C00606000' };

  /** From the next quotes on calls are quoted as puts, and puts as calls. */
  function swapRights(rig: DeskRig): void {
    const seen = new Map<string, Sides>();
    rig.edit = (sides, right, strike) => {
      seen.set(`${right} ${strike}`, sides);
      return seen.get(`${right === 'call' ? 'put' : 'call'} ${strike}`) ?? sides;
    };
    rig.quotes();
    rig.quotes();
  }

  it('sends nothing priced by a market in which calls and puts changed places', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    swapRights(rig);
    expect(denialIn(rig.confirm(tokenSha256)).code).toBe('reprice_required');
    expect(rig.submitted).toEqual([]);
  });

  it.each([
    ['a long call', [LONG], ['model_unreasonable']],
    ['a call spread', [SHORT, WING], ['model_unreasonable', 'price_bounds']],
  ])('prices %s by no market in which they had changed places before', (_name, legs, codes) => {
    const rig = new DeskRig();
    const order = { kind: 'previewOrder', request: { legs, quantity: 1 } } as const;
    expect(rig.ask({ ...order, tokenSha256: rig.newToken() })).toHaveProperty('value');
    swapRights(rig);
    expect(failedIn(rig.ask({ ...order, tokenSha256: rig.newToken() }))).toEqual(codes);
    expect(rig.bodies('previewMade')).toHaveLength(1);
  });

  it.each([-1, 1])('prices nothing on a chain whose expiry is %d hours off', (hours) => {
    const rig = new DeskRig({ minutes: 12 * 60 });
    const at = { ...rig.at, market: addMicros(rig.at.market, hours * MICROS_PER_HOUR) };
    const tokenSha256 = rig.newToken();
    const command = { kind: 'previewStrategy', request: CONDOR, tokenSha256 } as const;
    rig.step({ kind: 'command', at, id: 1, caller: TRADER, command });
    expect(failedIn(rig.reply(1))).toEqual(['model_unreasonable']);
    expect(rig.bodies('previewMade')).toEqual([]);
  });

  it('sends nothing for a chain whose expiry has passed', () => {
    const rig = new DeskRig();
    rig.goTo(16 * 60 + 16);
    expect(denialOf(rig).code).toBe('session_window');
    expect(rig.submitted).toEqual([]);
  });
});

describe('Citi, 2022: 444 billion for 58 million, 711 warnings clicked away', () => {
  it('refuses the whole package, hard, with few numbers, and has nothing to click away', () => {
    const rig = new DeskRig();
    const denial = denialOf(rig, { ...CONDOR, quantity: 10 });
    expect(denial.code).toBe('max_trade_loss');
    expect(Object.keys(denial.numbers)).toEqual(['maxLossCents', 'limitCents']);
    expect(rig.submitted).toEqual([]);
    expect(rig.bodies('previewMade')).toEqual([]);
  });

  it.each(Object.values(EVERY_COMMAND))(
    'has no command that raises a limit: not $kind',
    (command) => {
      const rig = new DeskRig();
      const before = rig.desk.context.config.limits;
      rig.send(command, CONSOLE);
      rig.advance(2);
      expect(rig.desk.context.config.limits).toBe(before);
      expect(Object.isFrozen(before)).toBe(true);
      expect(rig.restart().desk.context.config.limits).toEqual(before);
    },
  );
});
