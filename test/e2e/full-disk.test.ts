import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HealthView } from '../../src/desk/engine-api-health.ts';
import type { RiskCheckView } from '../../src/desk/engine-api-risk.ts';
import {
  createHome,
  EngineProcess,
  eventually,
  PATIENCE,
  removeHome,
  runDeltaring,
  settingsFor,
} from '../support/engine-process.ts';
import type { Opened } from './trader.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

/** No file of the engine may grow beyond about a megabyte: as a disk that fills while it trades. */
const FULL_SOON = 'ulimit -f 2400';
/** Not even a journal finds room. */
const FULL_ALREADY = 'ulimit -f 100';
/** A close may lose, and another condor is opened behind it. */
const settings = { SIM_SPEED: '4', LOSS_COOLDOWN: '0' };

describe.skipIf(process.platform === 'win32')('a disk that fills up', () => {
  let engine: EngineProcess;
  let trader: Trader;
  let opened: Opened;
  /** The engine that is started where the first one was. */
  let next: EngineProcess | undefined;

  beforeAll(async () => {
    engine = await EngineProcess.start({ shell: FULL_SOON, settings });
    trader = await Trader.overHttp(engine.url);
    opened = await trader.open('iron_condor_30_delta');
  });

  afterAll(async () => {
    await trader?.leave();
    await next?.kill();
    await engine?.remove();
  });

  it('refuses to start where there is no room at all, and ends', async () => {
    const home = createHome();
    const { code, stderr } = await runDeltaring(['serve'], settingsFor(home), FULL_ALREADY);
    removeHome(home);
    expect(code).toBe(1);
    expect(stderr).toContain('cannot be opened (EFBIG)');
    expect(stderr).toContain(home);
  });

  it('halts openings when the journal can record no more, and says so', async () => {
    await eventually(
      'the journal is full',
      async () => {
        const { denied } = await trader.ask('iron_condor_30_delta', { width: 5 });
        // The market may have no condor for a moment: that says nothing of the disk.
        return ['journal_failed', 'trading_state'].find((code) => code === denied?.code);
      },
      0,
    );
    const risk = await trader.call<RiskCheckView>('risk_check');
    expect(risk.openingsAllowed).toBe(false);
    expect(risk.blockedBy.join()).toContain('journal');
    expect(engine.log).toContain('alert critical JOURNAL_FAILED');
  });

  it('answers 503 on /health and stays up', async () => {
    const failed = await eventually('health tells it', async () => {
      const response = await fetch(`${engine.url}/health`);
      const health = (await response.json()) as HealthView;
      return health.journal.state === 'failed' ? { health, status: response.status } : undefined;
    });
    expect(failed).toMatchObject({ status: 503, health: { ready: false } });
    expect(engine.isOver).toBe(false);
  });

  it('still closes what is open, recording it in the reserve', async () => {
    const { orderId } = opened.order;
    const card = await trader.preview('close_position', { order_or_position_id: orderId });
    const closing = await trader.confirm(card.confirmToken, 'close_position');
    expect((await trader.settled(closing.orderId ?? '')).status).toBe('filled');
    expect((await trader.pnl()).positions.flatMap(({ legs }) => legs).length).toBeLessThan(4);
  });

  it('stops in order and leaves a log that verifies, its gap named', async () => {
    expect(await engine.stop()).toBe(0);
    const { code, stdout } = await engine.console('audit', 'verify');
    expect(stdout).toContain('not durable');
    expect([code, stdout]).toEqual([0, expect.stringContaining('clean')]);
  });

  it('starts anew where there is room again', async () => {
    next = await EngineProcess.start({ home: engine.home, settings });
    const other = await Trader.overHttp(next.url);
    await other.preview('iron_condor_30_delta');
    await other.leave();
    expect(await next.stop()).toBe(0);
  });
});
