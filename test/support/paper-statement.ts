/** The statement of a paper account that has opened a condor. */
import type { PaperStatement } from '../../src/broker/paper/paper-statement.ts';
import { paperStatement } from '../../src/desk/account/paper-statement.ts';
import { DeskRig } from './desk-rig.ts';

export function statementOfACondor(): PaperStatement {
  const rig = new DeskRig();
  rig.openPosition();
  return paperStatement(rig.desk.context, rig.paper.books(rig.at));
}
