/** Appends records to a journal for ever, saying each acknowledged number, until killed. */
import { writeSync } from 'node:fs';
import { openJournal } from '../../../src/audit/journal-open.ts';
import { alerts } from './sample-records.ts';

const [home = ''] = process.argv.slice(2);
const { writer, lastSeq } = openJournal({ home });
writeSync(1, `open ${lastSeq}\n`);
for (let seq = lastSeq + 1; ; seq += 3) {
  const result = writer.commit(alerts(seq, 3));
  if (result.kind === 'durable') writeSync(1, `${result.seq}\n`);
  writer.prepareAhead();
}
