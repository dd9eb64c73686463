import { expect, it, beforeAll, afterAll } from 'vitest';
import { EngineProcess } from '../support/engine-process.ts';
import { Trader } from './trader.ts';
let engine: EngineProcess; let t: Trader;
beforeAll(async () => { engine = await EngineProcess.start(); t = await Trader.overHttp(engine.url); });
afterAll(async () => { await t?.leave(); console.log(engine.log); await engine?.remove(); });
it('x', async () => {
  const o = await t.open('iron_condor_30_delta'); console.log(JSON.stringify({...o.order, legs:0},null,1).slice(0,6000));
  console.log(JSON.stringify(o.confirmed,null,0));
  console.log(JSON.stringify(await t.pnl(),null,0));
  for (const [n,a] of [['straddle_scan',{}],['get_option_chain',{limit:3}],['start_option_streaming',{}],['portfolio_greeks',{}],['portfolio_delta',{}],['risk_metrics',{}],['reconcile_positions',{}],['get_recent_orders',{}]] as const) {
    const r = await t.ask(n,a); console.log(n, JSON.stringify(r,null,0).slice(0,1500));
  }
  const c = await t.ask('close_position', {order_or_position_id: o.order.orderId}); console.log(JSON.stringify(c).slice(0,1500));
  const d = await t.confirm((c.fields as any).confirmToken, 'close_position'); console.log(JSON.stringify(d).slice(0,600));
  console.log(JSON.stringify(await t.settled(d.orderId!)).slice(0,1500));
  console.log(JSON.stringify(await t.pnl(),null,0));
    const r = await t.ask('straddle_scan',{}); console.log(JSON.stringify(r,null,0).slice(0,1500));
  console.log(await engine.console('status'));
  console.log(await engine.console('audit','verify'));
  console.log(await engine.console('audit','show', o.order.orderId));
  console.log(await engine.console('doctor'));
  console.log(await engine.console('kill', 'because', 'x', '--json'));
  console.log(await t.ask('kill_switch',{}));
  console.log(await t.ask('iron_condor_30_delta',{}));
  console.log(await engine.console('flatten'));
  console.log(await t.ask('flatten_all',{}));
  console.log(await engine.console('rearm'));
  console.log(await engine.stop());
  console.log(await engine.console('audit','verify'));
  console.log(await engine.console('status'));
}, 60000);
