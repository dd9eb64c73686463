import { it } from 'vitest';
import { EngineProcess } from '../support/engine-process.ts';
import { Trader } from './trader.ts';
const t0=performance.now(); const lap=(s:string)=>console.log(((performance.now()-t0)/1000).toFixed(2), s);
it('disk', async () => {
  const engine = await EngineProcess.start({shell:'ulimit -f 2400', settings:{SIM_SPEED:'4'}}); lap('ready');
  const t = await Trader.overHttp(engine.url);
  const o = await t.open('iron_condor_30_delta');
  let n=0; let last='';
  for (; n<600; n++) { const r = await t.ask<any>('iron_condor_30_delta', {width: 5}); if (r.isError) { if (last!==r.denied!.code) console.log(n, r.text); last=r.denied!.code; if (last==='journal_failed') break; } }
  lap('n='+n);
  console.log((await t.ask('risk_check')).text);
  console.log(await (await fetch(engine.url+'/health')).text());
  const c = await t.ask<any>('close_position', {order_or_position_id:o.order.orderId}); console.log(c.text.slice(0,300));
  if (!c.isError) { const d = await t.ask<any>('close_position',{confirm_token:c.fields.confirmToken}); console.log(d.text.slice(0,300)); if(!d.isError) {const s = await t.settled(d.fields.orderId); console.log(s.status);} }
  console.log(await engine.console('flatten'));
  await new Promise(r=>setTimeout(r,2000));
  console.log((await t.pnl()).positions.length, (await t.ask('get_recent_orders')).text);
  console.log(await engine.stop()); 
  console.log(engine.log.split('\n').slice(12).join('\n'));
  console.log(await engine.console('audit','verify'));
  const e2 = await EngineProcess.start({home:engine.home}); console.log(e2.log); 
  const t2 = await Trader.overHttp(e2.url); console.log((await t2.pnl()).positions.length, (await t2.ask('iron_condor_30_delta')).text.slice(0,200)); await t2.leave();
  console.log(await e2.stop());
  await t.leave(); await engine.remove();
}, 60000);
