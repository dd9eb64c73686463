import { describe, expect, it } from 'vitest';
import { isSimulated, readConfig, SETTING_NAMES } from '../src/config.ts';
import { DeltaringError } from '../src/engine/domain/errors.ts';

const LONG_TOKEN = 'a-token-of-enough-length';

function faultsOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof DeltaringError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  return '';
}

describe('the configuration', () => {
  it('needs nothing: paper money, the simulator, this machine alone', () => {
    const config = readConfig({ XDG_STATE_HOME: '/state' });
    expect(config).toMatchObject({
      DELTARING_BROKER: 'paper',
      DELTARING_ENV: 'paper',
      DELTARING_FEED: 'sim',
      HOST: '127.0.0.1',
      PORT: 8080,
      MAX_DAILY_LOSS: 500,
      MAX_TRADE_LOSS: 1_000,
      MAX_OPEN_RISK: 2_500,
      PORTFOLIO_DELTA_CAP: 50,
      CONFIRMATION_TIMEOUT: 30,
      SHUTDOWN_POLICY: 'flatten',
      DELTARING_CONFIRM: 'elicit-preferred',
      DELTARING_READ_ONLY: false,
      SIM_START: 630,
      bearers: [],
      DELTARING_AUTHORITY: { authority: 'open' },
      notices: [],
    });
    expect(config.DELTARING_TOOLSETS).toEqual(['strategies', 'risk', 'orders', 'stream', 'market']);
  });

  it.runIf(process.platform === 'linux')('keeps its state where the platform wants it', () => {
    expect(readConfig({ XDG_STATE_HOME: '/state' }).home).toBe('/state/deltaring');
    expect(readConfig({ XDG_STATE_HOME: '' }).home).toMatch(/\/\.local\/state\/deltaring$/);
    expect(readConfig({ DELTARING_HOME: '/elsewhere' }).home).toBe('/elsewhere');
  });

  it('reads the rights of clients, and takes none for less than none', () => {
    const config = readConfig({ DELTARING_AUTHORITY: 'open:500', MCP_TOKEN: LONG_TOKEN });
    expect(config.DELTARING_AUTHORITY).toEqual({ authority: 'open', openUpToCents: 500_00 });
    expect(faultsOf({ DELTARING_AUTHORITY: 'everything', MCP_AUTHORITY: 'open:' })).toMatch(
      / MCP_AUTHORITY: must be observe[^\n]*\n[^\n]* DELTARING_AUTHORITY: must be observe/,
    );
  });

  it('takes a value of nothing but spaces for none', () => {
    expect(readConfig({ PORT: ' ', MAX_DAILY_LOSS: '' })).toMatchObject({
      PORT: 8080,
      MAX_DAILY_LOSS: 500,
    });
  });

  it('takes addresses and origins with a slash at their end as those without', () => {
    const config = readConfig({
      PUBLIC_URL: 'https://desk.example.com/',
      MCP_TOKEN: LONG_TOKEN,
      ALLOWED_ORIGINS: 'https://Desk.example/ , https://a.example:443,app://obsidian.md,null',
    });
    expect(config.PUBLIC_URL).toBe('https://desk.example.com');
    expect(config.ALLOWED_ORIGINS).toEqual([
      'https://desk.example',
      'https://a.example',
      'app://obsidian.md',
      'null',
    ]);
    for (const entry of ['*', 'desk.example', 'https://desk.example/page', 'https://*.example']) {
      expect(faultsOf({ ALLOWED_ORIGINS: entry }), entry).toContain('ALLOWED_ORIGINS: "');
    }
  });

  it('refuses addresses of a kind that nothing can be sent to', () => {
    const pages = ['ALERT_WEBHOOK_URL', 'PAGERDUTY_ENDPOINT', 'S3_ENDPOINT', 'PUBLIC_URL'];
    for (const name of [...pages, 'OAUTH_ISSUER', 'TASTYTRADE_BASE_URL', 'ALPACA_BASE_URL']) {
      for (const value of ['phone.local:8080/alert', 'javascript:alert(1)', 'ftp://host/x']) {
        expect(faultsOf({ [name]: value }), name).toContain(`${name}: must be a URL of http`);
      }
    }
    for (const name of ['DXLINK_URL', 'TASTYTRADE_STREAMER_URL']) {
      for (const value of ['host:8080/realtime', 'https://host/realtime']) {
        expect(faultsOf({ [name]: value }), name).toContain(
          `${name}: must be a URL of a WebSocket`,
        );
      }
      expect(faultsOf({ [name]: 'ws://127.0.0.1:1/realtime' }), name).toBe('');
    }
  });

  it('takes spaces around a token or a key away, and refuses those inside', () => {
    const trimmed = readConfig({ MCP_TOKEN: ` ${LONG_TOKEN}\n`, PAGERDUTY_API_KEY: ' key ' });
    expect(trimmed.bearers.map(({ token }) => token)).toEqual([LONG_TOKEN]);
    expect(trimmed.PAGERDUTY_API_KEY).toBe('key');
    const names = ['MCP_TOKEN', 'CHATGPT_MCP_TOKEN', 'PAGERDUTY_API_KEY', 'DXLINK_TOKEN'];
    const keys = ['TASTYTRADE_CLIENT_SECRET', 'TASTYTRADE_REFRESH_TOKEN', 'ALPACA_API_KEY'];
    for (const name of [...names, ...keys, 'ALPACA_SECRET_KEY']) {
      for (const value of ['correct horse battery staple', 'schlüssel-mit-vielen-zeichen']) {
        const fault = faultsOf({ [name]: value });
        expect(fault, name).toContain(`${name}: must be one word`);
        expect(fault).not.toContain(value);
      }
    }
    expect(faultsOf({ MCP_TOKEN: `short${' '.repeat(20)}` })).toContain('at least 16 characters');
  });

  it('names every fault in one message, those between settings too', () => {
    const message = faultsOf({
      PORT: 'eighty',
      MAX_DAILY_LOSS: '-5',
      OPENING_CUTOFF: '25:00',
      SHUTDOWN_POLICY: 'run',
      DELTARING_TOOLSETS: 'default,riks',
      HOST: '0.0.0.0',
      DELTARING_FEED: 'dxlink',
      DXLINK_URL: 'not a url',
    });
    expect(message.split('\n')).toEqual([
      'The configuration has 9 fault(s):',
      '  - PORT: must be a whole number from 0 to 65535',
      '  - MAX_DAILY_LOSS: must be a number of dollars, 0.01 at least',
      '  - OPENING_CUTOFF: must be a time of day in New York, HH:MM',
      '  - SHUTDOWN_POLICY: Invalid option: expected one of "flatten"|"leave"',
      '  - DELTARING_TOOLSETS: unknown tool set "riks"; known are default, strategies, risk, orders, stream, market, plan, account, trading, research, chatgpt',
      '  - DXLINK_URL: must be a URL of a WebSocket, as wss://host/path',
      '  - HOST: 0.0.0.0 is reachable from outside, so MCP_TOKEN is required; set one of at least 16 characters (or OAuth), or use HOST=127.0.0.1',
      '  - DXLINK_TOKEN: DELTARING_FEED=dxlink needs it',
      '  - DXLINK_STRIKES: DELTARING_FEED=dxlink needs it',
    ]);
  });

  it.each([
    ['PORT', '65535', '65536'],
    ['PORT', '0', '-1'],
    ['CONFIRMATION_TIMEOUT', '5', '4'],
    ['CONFIRMATION_TIMEOUT', '600', '601'],
    ['CONFIRMATION_TIMEOUT', '30', '30.5'],
    ['MAX_TRADE_LOSS', '0.01', '0'],
    ['MAX_DAILY_LOSS', '0.01', '0.004'],
    ['PORTFOLIO_DELTA_CAP', '0.5', '0'],
    ['SIM_SPEED', '0.1', '0.09'],
    ['SIM_SPEED', '600', '601'],
    ['SIM_START', '9:30', '24:00'],
    ['SIM_START', '23:59', '12:60'],
    ['DELTARING_READ_ONLY', 'true', 'yes'],
    ['DXLINK_STRIKES', '600-600', '601-600'],
    ['MCP_TOKEN', '0123456789abcdef', '0123456789abcde'],
  ])('takes %s=%s and refuses %s', (name, good, bad) => {
    expect(faultsOf({ [name]: good })).toBe('');
    expect(faultsOf({ [name]: bad })).toContain(`- ${name}: `);
  });

  it('takes an outside address only with a token, or with OAuth', () => {
    const outside = { PUBLIC_URL: 'https://desk.example.com' };
    expect(() => readConfig(outside)).toThrow(
      '- PUBLIC_URL: it makes this engine reachable from outside, so MCP_TOKEN (or OAuth) is required',
    );
    for (const guard of [
      { MCP_TOKEN: '0123456789abcdef' },
      { CHATGPT_MCP_TOKEN: '0123456789abcdef' },
      { OAUTH_EMBEDDED: '1' },
      { OAUTH_ISSUER: 'https://id.example.com' },
    ]) {
      expect(faultsOf({ ...outside, ...guard })).toBe('');
    }
    for (const near of ['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080']) {
      expect(faultsOf({ PUBLIC_URL: near })).toBe('');
    }
    expect(faultsOf({ PUBLIC_URL: 'not a url' })).toContain('1 fault(s)');
  });

  it('takes no two clients for one: their tokens differ', () => {
    const token = '0123456789abcdef';
    const faults = faultsOf({
      MCP_TOKEN: token,
      MCP_AUTHORITY: 'observe',
      CHATGPT_MCP_TOKEN: token,
    });
    expect(faults).toContain('- CHATGPT_MCP_TOKEN: it is MCP_TOKEN; two clients need two tokens');
    expect(faults).not.toContain(token);
    expect(faultsOf({ MCP_TOKEN: token, CHATGPT_MCP_TOKEN: `${token}!` })).toBe('');
  });

  it('falls back to paper money and the simulator on what it cannot read, and says so', () => {
    const config = readConfig({ DELTARING_BROKER: 'tastytrad', DELTARING_ENV: 'LIVE!' });
    expect(config).toMatchObject({ DELTARING_BROKER: 'paper', DELTARING_ENV: 'paper' });
    expect(config.notices).toEqual([
      'DELTARING_BROKER="tastytrad" is not known; using the safe value paper',
      'DELTARING_ENV="LIVE!" is not known; using the safe value paper',
    ]);
    expect(readConfig({ DELTARING_FEED: 'simulator' }).notices).toHaveLength(1);
    expect(readConfig({ DELTARING_BROKER: ' PAPER ' }).notices).toEqual([]);
  });

  it('refuses live money at the paper broker', () => {
    expect(faultsOf({ DELTARING_ENV: 'live' })).toContain('DELTARING_ENV: the embedded paper');
  });

  describe('of tastytrade', () => {
    const jwt = (iss: string) =>
      `e30.${Buffer.from(JSON.stringify({ iss })).toString('base64url')}.x`;
    const SANDBOX = {
      DELTARING_BROKER: 'tastytrade',
      DELTARING_FEED: 'tastytrade',
      TASTYTRADE_CLIENT_SECRET: 'client-secret-of-tasty',
      TASTYTRADE_REFRESH_TOKEN: jwt('https://api.cert.tastyworks.com'),
    };
    const LIVE = {
      ...SANDBOX,
      DELTARING_ENV: 'live',
      DELTARING_LIVE_ACCOUNT: '5WT00001',
      TASTYTRADE_REFRESH_TOKEN: jwt('https://api.tastyworks.com'),
    };

    it('takes the sandbox, and live money with the account typed', () => {
      expect(readConfig(SANDBOX).DELTARING_BROKER).toBe('tastytrade');
      expect(readConfig({ ...LIVE, TASTYTRADE_ACCOUNT_ID: '5WT00001' }).DELTARING_ENV).toBe('live');
    });

    it.each<[Readonly<Record<string, string>>, string]>([
      [{ ...SANDBOX, TASTYTRADE_CLIENT_SECRET: '' }, 'TASTYTRADE_CLIENT_SECRET: '],
      [
        { ...SANDBOX, TASTYTRADE_REFRESH_TOKEN: LIVE.TASTYTRADE_REFRESH_TOKEN },
        'a login of the live environment',
      ],
      [
        { ...LIVE, TASTYTRADE_REFRESH_TOKEN: SANDBOX.TASTYTRADE_REFRESH_TOKEN },
        'a login of the sandbox environment',
      ],
      [{ ...LIVE, DELTARING_LIVE_ACCOUNT: '' }, 'DELTARING_LIVE_ACCOUNT: '],
      [{ ...LIVE, TASTYTRADE_ACCOUNT_ID: '5WT00002' }, 'DELTARING_LIVE_ACCOUNT: it is not'],
      [
        { ...LIVE, TASTYTRADE_BASE_URL: 'https://api.cert.tastyworks.com' },
        'TASTYTRADE_BASE_URL: ',
      ],
      [
        { ...SANDBOX, TASTYTRADE_STREAMER_URL: 'wss://streamer.tastyworks.com' },
        'TASTYTRADE_STREAMER_URL: ',
      ],
      [{ ...SANDBOX, DELTARING_FEED: 'sim' }, 'DELTARING_FEED: '],
    ])('refuses what cannot be meant, and says no secret (%#)', (settings, fault) => {
      const faults = faultsOf(settings);
      expect(faults).toContain(fault);
      expect(faults).not.toMatch(/e30\.|client-secret-of-tasty/);
    });
  });

  it('plays a recorded market for the paper broker alone, from a file that is named', () => {
    const REPLAY_FILE = 'recordings/2026-11-20-1.rec';
    expect(faultsOf({ DELTARING_FEED: 'replay' })).toContain(
      'REPLAY_FILE: DELTARING_FEED=replay needs it',
    );
    const config = readConfig({ DELTARING_FEED: 'replay', REPLAY_FILE });
    expect([isSimulated(config), config.notices]).toEqual([true, []]);
    const keys = { ALPACA_API_KEY: 'PKTEST', ALPACA_SECRET_KEY: 'secret-of-alpaca' };
    expect(
      faultsOf({ DELTARING_FEED: 'replay', REPLAY_FILE, DELTARING_BROKER: 'alpaca', ...keys }),
    ).toContain('DELTARING_FEED: orders at alpaca are not priced by a recorded market');
  });

  describe('of Alpaca', () => {
    const PAPER = {
      DELTARING_BROKER: 'alpaca',
      ALPACA_API_KEY: 'PKTEST',
      ALPACA_SECRET_KEY: 'secret-of-alpaca',
    };
    const LIVE = {
      ...PAPER,
      DELTARING_ENV: 'live',
      DELTARING_LIVE_ACCOUNT: '123456789',
      ALPACA_API_KEY: 'AKTEST',
      DELTARING_FEED: 'dxlink',
      DXLINK_URL: 'wss://feed.test/realtime',
      DXLINK_TOKEN: 'token',
      DXLINK_STRIKES: '560-720',
      ALERT_WEBHOOK_URL: 'https://alerts.test/',
    };

    it('says that alerts of live money wake nobody where no channel is set', () => {
      const { ALERT_WEBHOOK_URL: _url, ...unheard } = LIVE;
      expect(readConfig(unheard).notices.join()).toContain('wake nobody');
      const PAGERDUTY_API_KEY = 'a'.repeat(32);
      expect(readConfig({ ...unheard, PAGERDUTY_API_KEY }).notices).toEqual([]);
      expect(readConfig(PAPER).notices).toEqual([]);
    });

    it('takes paper keys, and live ones with the account typed', () => {
      expect(readConfig(PAPER).DELTARING_BROKER).toBe('alpaca');
      expect(readConfig(LIVE).DELTARING_ENV).toBe('live');
    });

    it('has live money opened by a human’s yes, and says so where the operator wants less', () => {
      const live = readConfig(LIVE);
      expect([live.DELTARING_CONFIRM, live.notices]).toEqual(['elicit-required', []]);
      for (const DELTARING_CONFIRM of ['token', 'elicit-preferred'] as const) {
        const config = readConfig({ ...LIVE, DELTARING_CONFIRM });
        expect(config.DELTARING_CONFIRM).toBe(DELTARING_CONFIRM);
        expect(config.notices.join()).toContain('with live money and no human');
        expect(readConfig({ ...PAPER, DELTARING_CONFIRM }).notices).toEqual([]);
      }
      const browser = readConfig({ ...LIVE, DELTARING_CONFIRM: 'browser' });
      expect([browser.DELTARING_CONFIRM, browser.notices]).toEqual(['browser', []]);
    });

    it.each<[Readonly<Record<string, string>>, string]>([
      [{ ...PAPER, ALPACA_SECRET_KEY: '' }, 'ALPACA_SECRET_KEY: '],
      [{ ...PAPER, ALPACA_API_KEY: 'AKTEST' }, 'ALPACA_API_KEY: this is a key for live money'],
      [{ ...LIVE, ALPACA_API_KEY: 'PKTEST' }, 'ALPACA_API_KEY: this is a key for paper money'],
      [{ ...LIVE, DELTARING_LIVE_ACCOUNT: '' }, 'DELTARING_LIVE_ACCOUNT: '],
      [{ ...LIVE, DELTARING_FEED: 'sim' }, 'DELTARING_FEED: '],
      [{ ...LIVE, DELTARING_UNDERLYING: 'XSP' }, 'DELTARING_UNDERLYING: '],
      [{ ...PAPER, ALPACA_BASE_URL: 'https://api.alpaca.markets' }, 'ALPACA_BASE_URL: '],
    ])('refuses what cannot be meant, and says no key (%#)', (settings, fault) => {
      const faults = faultsOf(settings);
      expect(faults).toContain(fault);
      expect(faults).not.toMatch(/[PA]KTEST|secret-of-alpaca/);
    });
  });

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('needs no token on %s', (HOST) => {
    expect(faultsOf({ HOST })).toBe('');
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', '127.evil.example', 'engine.example'])(
    'needs a token on %s',
    (HOST) => {
      expect(faultsOf({ HOST })).toContain('MCP_TOKEN is required');
      expect(faultsOf({ HOST, MCP_TOKEN: LONG_TOKEN })).toBe('');
      expect(readConfig({ HOST, CHATGPT_MCP_TOKEN: LONG_TOKEN }).bearers).toEqual([
        { token: LONG_TOKEN, rights: { authority: 'open' } },
      ]);
    },
  );

  it('names settings that are accepted without need, and those that are none', () => {
    const { notices } = readConfig({
      CACHE_CLEANUP_INTERVAL: '60',
      MAX_DAILY_LOS: '100',
      MAX_THINKING_TOKENS: '9',
    });
    expect(notices).toEqual([
      'CACHE_CLEANUP_INTERVAL is not needed: the chain is driven by events',
      'MAX_DAILY_LOS is no setting of this build and changes nothing; check its spelling',
    ]);
  });

  it('names a profit target that a trailing exit leaves without effect', () => {
    const both = readConfig({ EXIT_POLICY: 'trailing', PROFIT_TARGET: '25' });
    expect(both.notices).toEqual([
      'PROFIT_TARGET changes nothing with EXIT_POLICY=trailing, which has no target',
    ]);
    expect(readConfig({ EXIT_POLICY: 'trailing' }).notices).toEqual([]);
    expect(readConfig({ PROFIT_TARGET: '25' }).notices).toEqual([]);
  });

  it('has a fingerprint that changes with a setting and not with a secret', () => {
    const { fingerprint } = readConfig({});
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(readConfig({ MAX_DAILY_LOSS: '501' }).fingerprint).not.toBe(fingerprint);
    expect(readConfig({ MAX_DAILY_LOSS: '500.0' }).fingerprint).toBe(fingerprint);
    const secrets = SETTING_NAMES.filter((name) => /SECRET|TOKEN$|KEY/.test(name));
    expect(secrets).toHaveLength(8);
    for (const name of secrets) {
      expect(readConfig({ [name]: LONG_TOKEN }).fingerprint).toBe(fingerprint);
    }
  });
});
