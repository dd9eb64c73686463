import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { RefreshTokenFile } from '../../../src/desk/threads/refresh-token-file-shell.ts';
import { TokenKeeper } from '../../../src/desk/threads/token-keeper-shell.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'deltaring-token-'));
  folders.push(folder);
  return join(folder, 'inner');
}

function jwt(iss: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ iss })}.x`;
}

type Answer = object | number | Error | Response;

/** A keeper before a login service that gives the answers it is told, in order. */
function keeperRig(answers: Answer[], folder?: string) {
  const bodies: Record<string, string>[] = [];
  const unkept: string[] = [];
  const time = { millis: 1_000_000 };
  const grant = {
    baseUrl: 'http://login',
    clientSecret: 'client',
    refreshToken: 'configured',
    userAgent: 'deltaring/test',
    environment: 'sandbox' as const,
  };
  const keeper = new TokenKeeper(grant, {
    file: folder === undefined ? undefined : new RefreshTokenFile(folder),
    onUnkept: (reason) => unkept.push(reason),
    now: () => time.millis,
    post: (_path, body) => {
      bodies.push(JSON.parse(body) as Record<string, string>);
      const answer = answers.shift() ?? 500;
      if (answer instanceof Error) return Promise.reject(answer);
      if (answer instanceof Response) return Promise.resolve(answer);
      const isStatus = typeof answer === 'number';
      return Promise.resolve(
        new Response(isStatus ? '{}' : JSON.stringify(answer), { status: isStatus ? answer : 200 }),
      );
    },
  });
  return { keeper, bodies, time, unkept };
}

const T1 = { access_token: 't1', expires_in: 900 };
const T2 = { access_token: 't2', expires_in: 900 };

describe('the keeper of a login', () => {
  it('logs in once for all who ask at once, and again a minute before the end', async () => {
    const { keeper, bodies, time } = keeperRig([T1, T2]);
    const all = await Promise.all([keeper.access(), keeper.access(), keeper.access()]);
    expect(all.map(({ token }) => token)).toEqual(['t1', 't1', 't1']);
    expect(all[0]).toMatchObject({ millisLeft: 900_000, millisToRenewal: 840_000 });
    expect(bodies).toEqual([
      { grant_type: 'refresh_token', client_secret: 'client', refresh_token: 'configured' },
    ]);
    time.millis += 839_999;
    expect((await keeper.access()).token).toBe('t1');
    time.millis += 1;
    expect((await keeper.access()).token).toBe('t2');
  });

  it('fetches another where the broker refused the newest, not where it refused an older one', async () => {
    const { keeper, bodies } = keeperRig([T1, T2]);
    await keeper.access();
    expect((await keeper.access({ refused: 't1' })).token).toBe('t2');
    expect((await keeper.access({ refused: 't1' })).token).toBe('t2');
    expect(bodies).toHaveLength(2);
  });

  it('keeps a token that is only doubted until it has another, and none that was refused', async () => {
    const { keeper, time } = keeperRig([T1, 503, 503, 503, T2]);
    await keeper.access();
    await expect(keeper.access({ doubted: 't1' })).rejects.toThrow('answered 503');
    expect((await keeper.access()).token).toBe('t1');
    time.millis += 2_000;
    await expect(keeper.access({ refused: 't1' })).rejects.toThrow('answered 503');
    time.millis += 4_000;
    await expect(keeper.access()).rejects.toThrow('answered 503');
    time.millis += 8_000;
    expect((await keeper.access({ doubted: 't1' })).token).toBe('t2');
    expect((await keeper.access({ doubted: 't1' })).token).toBe('t2');
  });

  it('waits longer after each refusal, and not at all after a fault of the network', async () => {
    const { keeper, bodies, time } = keeperRig([new Error('reset'), 400, 400, T1]);
    await expect(keeper.access()).rejects.toThrow('reset');
    await expect(keeper.access()).rejects.toThrow('/oauth/token answered 400');
    await expect(keeper.access()).rejects.toThrow('waiting to try again');
    time.millis += 2_000;
    await expect(keeper.access()).rejects.toThrow('answered 400');
    time.millis += 3_999;
    await expect(keeper.access()).rejects.toThrow('waiting to try again');
    time.millis += 1;
    expect((await keeper.access()).token).toBe('t1');
    expect(bodies).toHaveLength(4);
  });

  it.each([429, 500, 503])('waits two seconds after each status %i', async (status) => {
    const { keeper, bodies, time } = keeperRig([status, status, status, T1]);
    for (let failed = 0; failed < 3; failed++) {
      await expect(keeper.access()).rejects.toThrow(`/oauth/token answered ${status}`);
      time.millis += 1_999;
      await expect(keeper.access()).rejects.toThrow('waiting to try again');
      time.millis += 1;
    }
    expect((await keeper.access()).token).toBe('t1');
    expect(bodies).toHaveLength(4);
  });

  it.each([
    [429, '3', 3_000],
    [429, '1', 2_000],
    [429, '300', 5_000],
    [503, '300', 5_000],
    [403, '9', 9_000],
    [403, '1', 2_000],
    [403, '300', 30_000],
  ])(
    'waits as long as it is asked to, within bounds: %i, Retry-After %s',
    async (status, asked, millis) => {
      const refused = new Response('{}', { status, headers: { 'retry-after': asked } });
      const { keeper, time } = keeperRig([refused, T1]);
      await expect(keeper.access()).rejects.toThrow(`answered ${status}`);
      time.millis += millis - 1;
      await expect(keeper.access()).rejects.toThrow('waiting to try again');
      time.millis += 1;
      expect((await keeper.access()).token).toBe('t1');
    },
  );

  it('fetches another at once where its own is refused behind a renewal that an outage failed', async () => {
    const { keeper, bodies, time } = keeperRig([T1, 503, 503, T2]);
    await keeper.access();
    await expect(keeper.access({ doubted: 't1' })).rejects.toThrow('answered 503');
    time.millis += 300;
    await expect(keeper.access({ refused: 't1' })).rejects.toThrow('answered 503');
    await expect(keeper.access({ refused: 't1' })).rejects.toThrow('waiting to try again');
    expect(bodies).toHaveLength(3);
    time.millis += 2_000;
    expect((await keeper.access({ refused: 't1' })).token).toBe('t2');
  });

  it.each([400, 429])(
    'waits all the same where the renewal was answered with %i',
    async (status) => {
      const { keeper, time } = keeperRig([T1, status, T2]);
      await keeper.access();
      await expect(keeper.access({ doubted: 't1' })).rejects.toThrow(`answered ${status}`);
      await expect(keeper.access({ refused: 't1' })).rejects.toThrow('waiting to try again');
      time.millis += 2_000;
      expect((await keeper.access({ refused: 't1' })).token).toBe('t2');
    },
  );

  it('gives its token out to the end of it where the service is out, and has another within two seconds', async () => {
    const { keeper, time } = keeperRig([T1, ...Array<number>(29).fill(503), T2]);
    await keeper.access();
    time.millis += 840_000;
    for (let second = 0; second < 58; second++) {
      const { token, millisLeft, millisToRenewal } = await keeper.access();
      expect([token, millisLeft]).toEqual(['t1', 60_000 - second * 1_000]);
      expect(millisToRenewal).toBe(2_000);
      time.millis += 1_000;
    }
    expect((await keeper.access()).token).toBe('t2');
  });

  it('gives no token out behind its end', async () => {
    const { keeper, time } = keeperRig([T1, new Error('reset'), new Error('reset'), T2]);
    await keeper.access();
    time.millis += 899_999;
    expect(await keeper.access()).toEqual({ token: 't1', millisLeft: 1, millisToRenewal: 1 });
    time.millis += 1;
    await expect(keeper.access()).rejects.toThrow('reset');
    expect((await keeper.access()).token).toBe('t2');
  });

  it('keeps a renewed refresh token of an answer that makes no sense otherwise', async () => {
    const folder = newFolder();
    const odd = { access_token: 'a', refresh_token: 'renewed' };
    const { keeper, bodies, time } = keeperRig([odd, T1], folder);
    await expect(keeper.access()).rejects.toThrow();
    expect(new RefreshTokenFile(folder).read('configured')).toBe('renewed');
    time.millis += 2_000;
    expect((await keeper.access()).token).toBe('t1');
    expect(bodies[1]?.['refresh_token']).toBe('renewed');
  });

  it('waits thirty seconds at most, however often it was refused', async () => {
    const refusals = 9;
    const { keeper, time } = keeperRig([...Array<number>(refusals).fill(403), T1]);
    for (let refused = 0; refused < refusals; refused++) {
      time.millis += 30_000;
      await expect(keeper.access()).rejects.toThrow('answered 403');
    }
    time.millis += 29_999;
    await expect(keeper.access()).rejects.toThrow('waiting to try again');
    time.millis += 1;
    expect((await keeper.access()).token).toBe('t1');
  });

  it('uses and keeps a renewed refresh token, for the owner alone, until another is configured', async () => {
    const folder = newFolder();
    const { keeper, bodies, time } = keeperRig([{ ...T1, refresh_token: 'renewed' }, T2], folder);
    await keeper.access();
    time.millis += 900_000;
    await keeper.access();
    expect(bodies[1]?.['refresh_token']).toBe('renewed');
    const path = join(folder, 'refresh-token.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain('configured');
    const restarted = keeperRig([T1], folder);
    await restarted.keeper.access();
    expect(restarted.bodies[0]?.['refresh_token']).toBe('renewed');
    expect(new RefreshTokenFile(folder).read('another')).toBeUndefined();
  });

  it('gives the access token out where the renewed one cannot be kept, and keeps it once it can', async () => {
    const folder = newFolder();
    const path = join(folder, 'refresh-token.json');
    mkdirSync(join(path, 'in the way'), { recursive: true });
    const { keeper, bodies, time, unkept } = keeperRig(
      [{ ...T1, refresh_token: 'renewed' }, T2],
      folder,
    );
    expect((await keeper.access()).token).toBe('t1');
    expect((await keeper.access()).token).toBe('t1');
    expect(unkept).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(['refresh-token.json']);
    rmSync(path, { recursive: true });
    time.millis += 900_000;
    expect((await keeper.access()).token).toBe('t2');
    expect(bodies[1]?.['refresh_token']).toBe('renewed');
    expect(new RefreshTokenFile(folder).read('configured')).toBe('renewed');
    expect(unkept).toHaveLength(1);
  });

  it('goes on with the refresh token that another process of its home was given, where its own has ended', async () => {
    const folder = newFolder();
    const engine = keeperRig([{ ...T1, refresh_token: 'r1' }, 400, T2, 400], folder);
    await engine.keeper.access();
    const doctor = keeperRig([{ ...T1, refresh_token: 'r2' }], folder);
    await doctor.keeper.access();
    expect(doctor.bodies[0]?.['refresh_token']).toBe('r1');
    engine.time.millis += 900_000;
    expect((await engine.keeper.access()).token).toBe('t2');
    expect(engine.bodies.map((body) => body['refresh_token'])).toEqual(['configured', 'r1', 'r2']);
    engine.time.millis += 900_000;
    await expect(engine.keeper.access()).rejects.toThrow('answered 400');
    expect(engine.bodies).toHaveLength(4);
  });

  it('takes no access token of the other environment', async () => {
    const live = { access_token: jwt('https://api.tastyworks.com'), expires_in: 900 };
    const { keeper } = keeperRig([live]);
    await expect(keeper.access()).rejects.toThrow('one of the live environment, and sandbox');
    const sandbox = jwt('https://api.cert.tastyworks.com');
    const good = keeperRig([{ access_token: sandbox, expires_in: 900 }]);
    expect((await good.keeper.access()).token).toBe(sandbox);
  });

  it.each([
    ['no token', { access_token: '', expires_in: 900 }],
    ['other fields', { token: 'x' }],
    ['a page', new Response('<html>')],
    ['another environment', { access_token: jwt('https://api.tastyworks.com'), expires_in: 900 }],
  ])('gives an answer with %s to nobody, and waits two seconds behind it', async (_what, odd) => {
    const { keeper, bodies, time } = keeperRig([odd, T1]);
    await expect(keeper.access()).rejects.toMatchObject({ code: 'FEED_AUTH' });
    time.millis += 1_999;
    await expect(keeper.access()).rejects.toThrow('waiting to try again');
    expect(bodies).toHaveLength(1);
    time.millis += 1;
    expect((await keeper.access()).token).toBe('t1');
  });
});
