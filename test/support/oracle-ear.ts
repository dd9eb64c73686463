import type { DeskContext } from '../../src/desk/desk-context.ts';
import type { Input } from '../../src/desk/inputs.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import type { DeskRig } from './desk-rig.ts';

interface Oracle {
  onInput?(input: Input): void;
  onRecord(record: AuditRecord): void;
  afterStep(desk: DeskContext): void;
}

/** Has an oracle hear what the rig's desk does from now on, with each record as `heardAs` gives it, if at all. */
export function listen(
  rig: DeskRig,
  oracle: Oracle,
  heardAs: (record: AuditRecord) => AuditRecord | undefined,
): void {
  const step = rig.step.bind(rig);
  let told = 0;
  rig.step = (input: Input) => {
    oracle.onInput?.(input);
    step(input);
    const records = rig.records();
    for (const record of records.slice(told)) {
      const heard = heardAs(record);
      if (heard !== undefined) oracle.onRecord(heard);
    }
    told = records.length;
    oracle.afterStep(rig.desk.context);
  };
}
