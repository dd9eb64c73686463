/** The engine's numbers as Prometheus reads them: `deltaring_*`, units in names, time in seconds. */
import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import { Counter, Gauge, Registry } from 'prom-client';
import type { SealedHeadView } from '../desk/engine-api-health.ts';
import { MICROS_PER_SECOND } from '../engine/domain/units.ts';
import type { Counters, HistogramName, HistogramReading } from '../ops/counters.ts';
import { COUNTERS } from '../ops/counters.ts';

/** Content type of the text that `exposition` returns. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

type HistogramValue = MetricValue<string> & { readonly metricName?: string };

/**
 * A histogram whose buckets are counted elsewhere. prom-client's own counts what it observes and
 * cannot be given finished buckets; its text form needs only this object.
 */
class FinishedHistogram extends Gauge {
  readonly #text: { readonly name: string; readonly help: string };
  readonly #reading: HistogramReading;

  constructor(text: { readonly name: string; readonly help: string }, reading: HistogramReading) {
    super({ ...text, registers: [] });
    this.#text = text;
    this.#reading = reading;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const base = await super.get();
    return Object.assign(base, { type: 'histogram', values: this.#values() });
  }

  #values(): HistogramValue[] {
    const { bucketsMicros, counts, sum } = this.#reading;
    const { name } = this.#text;
    const metricName = `${name}_bucket`;
    let total = 0;
    const values: HistogramValue[] = counts.map((count, i) => {
      total += count;
      const bound = bucketsMicros[i];
      const le = bound === undefined ? '+Inf' : bound / MICROS_PER_SECOND;
      return { metricName, labels: { le }, value: total };
    });
    values.push({ metricName: `${name}_sum`, labels: {}, value: sum / MICROS_PER_SECOND });
    values.push({ metricName: `${name}_count`, labels: {}, value: total });
    return values;
  }
}

/** `tick_to_chain_micros` is served as `deltaring_tick_to_chain_seconds`. */
function metricName(name: string, suffix = ''): string {
  return `deltaring_${name.replace(/_micros$/, '_seconds')}${suffix}`;
}

function addHistogram(registry: Registry, counters: Counters, name: HistogramName, help: string) {
  const reading = counters.histogram(name);
  registry.registerMetric(new FinishedHistogram({ name: metricName(name), help }, reading));
}

/** Every number as it stands now, in the text format. A gauge that is not known is left out. */
export function exposition(
  counters: Counters,
  sealed: SealedHeadView | null = null,
): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  for (const { name, kind, help, unit } of COUNTERS) {
    if (kind === 'histogram') addHistogram(registry, counters, name, help);
    else if (kind === 'counter') {
      const metric = new Counter({ name: metricName(name, '_total'), help, registers });
      metric.inc(counters.get(name));
    } else {
      const value = counters.get(name);
      if (value === undefined) continue;
      const scaled = unit === 'micros' ? value / MICROS_PER_SECOND : value;
      new Gauge({ name: metricName(name), help, registers }).set(scaled);
    }
  }
  const killed = new Gauge({
    name: 'deltaring_killed',
    help: '1 while the kill switch is engaged',
    registers,
  });
  killed.set(counters.isKilled() ? 1 : 0);
  if (sealed !== null) {
    const { size, root, checkpoint } = sealed;
    const name = 'deltaring_audit_root_info';
    const text = 'Newest checkpoint of the sealed audit log; whoever stores it is a witness';
    const labelNames = ['size', 'root', 'checkpoint'];
    new Gauge({ name, help: text, labelNames, registers }).set({ size, root, checkpoint }, 1);
  }
  return registry.metrics();
}
