/** The reader of the journal against files made byte by byte: what it takes, what it tells, where it
 * stops. All of it stands in memory. */
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/audit/checkpoint.ts';
import { CheckpointWriter } from '../../src/audit/checkpoint.ts';
import type { EncodedRecord, FileHeader } from '../../src/audit/journal-format.ts';
import {
  encodeFileHeader,
  encodeRecord,
  FILE_HEADER_BYTES,
  genesisHash,
  NO_HASH,
} from '../../src/audit/journal-format.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { scanJournal } from '../../src/audit/journal-scan.ts';
import { memoryDisk } from './support/home-files.ts';
import { alertBody, recordOf } from './support/sample-records.ts';

const PATHS = journalPaths('/home');
const ID = Buffer.alloc(16, 7);
const OTHER_ID = Buffer.alloc(16, 8);
const GENESIS = genesisHash(ID);

/** Records with these numbers, each following the one before, the first following `prevHash`. */
function chain(seqs: readonly number[], prevHash: Buffer = GENESIS): readonly EncodedRecord[] {
  let before = prevHash;
  return seqs.map((seq) => {
    const encoded = encodeRecord(recordOf(seq, alertBody(`record ${seq}`)), before);
    before = encoded.hash;
    return encoded;
  });
}

const [R1, R2, R3, R4, R5] = chain([1, 2, 3, 4, 5]);
if (!R1 || !R2 || !R3 || !R4 || !R5) throw new Error('five records');

function file(
  header: Partial<FileHeader>,
  records: readonly EncodedRecord[],
  rest: Buffer = Buffer.alloc(0),
): Buffer {
  const whole = { kind: 'main', number: 1, journalId: ID, firstSeq: 1, prevHash: NO_HASH } as const;
  const frames = records.map(({ frame }) => frame);
  return Buffer.concat([encodeFileHeader({ ...whole, ...header }), ...frames, rest]);
}

const SECOND = { number: 2, firstSeq: 4, prevHash: R3.hash };
const RESERVE = { kind: 'reserve', number: 0, firstSeq: 0 } as const;
const ZEROS = Buffer.alloc(600);

/** The checkpoint's file as its writer leaves it. */
function checkpointFile(checkpoint: Checkpoint): Buffer {
  const slots = Buffer.alloc(512, ' ');
  const disk = memoryDisk(new Map());
  const writer = new CheckpointWriter(
    {
      ...disk,
      create: () => 1,
      writeAt: (_fd, bytes, at) => slots.set(bytes, at),
      syncData: () => undefined,
      rename: () => undefined,
      remove: () => undefined,
      syncFolder: () => undefined,
    },
    PATHS.audit,
    PATHS.checkpoint,
    checkpoint,
  );
  expect(writer).toBeDefined();
  return slots;
}

function at(record: EncodedRecord, change: Partial<Checkpoint> = {}): Checkpoint {
  const { seq, hash } = record;
  return { seq, hash, journalId: ID, file: 1, bytes: 0, closed: false, ...change };
}

interface Home {
  readonly files?: Readonly<Record<string, Buffer>>;
  readonly reserve?: Buffer;
  readonly checkpoint?: Checkpoint | Buffer;
}

/** What a scan found, line by line. */
function scanned({ files = {}, reserve, checkpoint }: Home): readonly string[] {
  const all = new Map<string, Buffer>();
  for (const [name, bytes] of Object.entries(files)) all.set(`${PATHS.journal}/${name}`, bytes);
  if (reserve !== undefined) all.set(PATHS.reserve, reserve);
  if (checkpoint !== undefined) {
    const bytes = Buffer.isBuffer(checkpoint) ? checkpoint : checkpointFile(checkpoint);
    all.set(PATHS.checkpoint, bytes);
  }
  const seen: string[] = [];
  const scan = scanJournal(memoryDisk(all), PATHS, ({ record }, name) => {
    seen.push(`${record.seq} in ${name}`);
  });
  const { fault, notices, position, records, exactEnd } = scan;
  const ends = [...scan.files, ...(scan.reserve === undefined ? [] : [scan.reserve])];
  expect(ends.every(({ header }) => header.journalId.length > 0)).toBe(true);
  const kept = [scan.last, scan.reserve].filter((file) => file !== undefined);
  expect(kept.every(({ bytes }) => bytes.length > 0)).toBe(true);
  return [
    `records ${records}: ${seen.join(', ')}`,
    `at ${position.seq} ${position.hash.toString('hex').slice(0, 8)}`,
    `ends ${ends.map(({ name, end }) => `${name} ${end}`).join(', ')}${exactEnd ? '' : ' and more'}`,
    ...notices.map(({ kind, text }) => `${kind}: ${text}`),
    ...(fault === undefined
      ? []
      : [`stops at ${fault.file} ${fault.offset}, record ${fault.seq}: ${fault.what}`]),
  ];
}

/** The beginning of the frame that would follow a record, as a power cut leaves it. */
function torn(after: EncodedRecord, seq: number, bytes: number): Buffer {
  const [next] = chain([seq], after.hash);
  return Buffer.concat([next?.frame.subarray(0, bytes) ?? ZEROS, ZEROS]);
}

function changed(bytes: Buffer, offset: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[offset] = (copy[offset] ?? 0) ^ 1;
  return copy;
}

const THREE = file({}, [R1, R2, R3]);
const ONE_FILE = { '000001.journal': THREE };
const TWO_FILES = { ...ONE_FILE, '000002.journal': file(SECOND, [R4, R5]) };
/** Records 3 and 4 of the main file failed; 5 and 7 went on from 2 in the reserve. */
const [LATE5, LATE7] = chain([5, 7], R2.hash);
if (!LATE5 || !LATE7) throw new Error('two records');
const FORKED = { '000001.journal': file({}, [R1, R2, R3, R4], ZEROS) };
const IN_RESERVE = file(RESERVE, [LATE5, LATE7], ZEROS);

const SOUND: readonly (readonly [string, Home])[] = [
  ['without any file', {}],
  ['with a file and no record', { files: { '000001.journal': file({}, [], ZEROS) } }],
  ['cut to its records and closed', { files: ONE_FILE, checkpoint: at(R3, { closed: true }) }],
  [
    'closed without a record',
    {
      files: { '000001.journal': file({}, []) },
      checkpoint: at({ ...R1, seq: 0, hash: GENESIS }, { closed: true }),
    },
  ],
  ['not closed', { files: { '000001.journal': file({}, [R1, R2], ZEROS) }, checkpoint: at(R2) }],
  ['of two files', { files: TWO_FILES, checkpoint: at(R5, { file: 2 }) }],
  [
    'with other names beside its files',
    { files: { ...ONE_FILE, 'notes.txt': ZEROS, '000002.journal.new': ZEROS }, checkpoint: at(R3) },
  ],
  ['without a checkpoint', { files: ONE_FILE }],
  ['with a blank checkpoint', { files: ONE_FILE, checkpoint: Buffer.alloc(512) }],
  ['beyond its checkpoint', { files: TWO_FILES, checkpoint: at(R3) }],
  [
    'with an unfinished write',
    { files: { '000001.journal': file({}, [R1, R2], torn(R2, 3, 60)) }, checkpoint: at(R2) },
  ],
  [
    'with an empty reserve',
    { files: ONE_FILE, reserve: file(RESERVE, [], ZEROS), checkpoint: at(R3) },
  ],
  [
    'that goes on in its reserve',
    { files: FORKED, reserve: IN_RESERVE, checkpoint: at(LATE7, { file: 0 }) },
  ],
  [
    'that goes on in its reserve without a gap',
    {
      files: { '000001.journal': file({}, [R1, R2], ZEROS) },
      reserve: file(RESERVE, [R3], ZEROS),
      checkpoint: at(R3, { file: 0 }),
    },
  ],
  [
    'that goes on in its reserve from the very first',
    {
      files: { '000001.journal': file({}, [], ZEROS) },
      reserve: file(RESERVE, [R1], ZEROS),
      checkpoint: at(R1, { file: 0 }),
    },
  ],
  [
    'whose failed file ends in an unfinished write',
    {
      files: { '000001.journal': file({}, [R1, R2], torn(R2, 3, 60)) },
      reserve: IN_RESERVE,
      checkpoint: at(LATE7, { file: 0 }),
    },
  ],
  [
    'whose reserve ends in an unfinished write',
    {
      files: FORKED,
      reserve: file(RESERVE, [LATE5], torn(LATE5, 9, 60)),
      checkpoint: at(LATE5, { file: 0 }),
    },
  ],
  [
    'whose reserve was written to once, unfinished',
    { files: ONE_FILE, reserve: file(RESERVE, [], torn(R3, 4, 60)), checkpoint: at(R3) },
  ],
  [
    'whose reserve has its place among the files',
    {
      files: {
        '000001.journal': file({}, [R1, R2]),
        '000002.journal': file({ kind: 'reserve', number: 2, firstSeq: 5, prevHash: R2.hash }, [
          LATE5,
          LATE7,
        ]),
      },
      reserve: IN_RESERVE,
      checkpoint: at(LATE7, { file: 2 }),
    },
  ],
];

const TAKEN_IN = {
  '000001.journal': file({}, [R1, R2]),
  '000002.journal': file({ kind: 'reserve', number: 2, firstSeq: 5, prevHash: R2.hash }, [
    LATE5,
    LATE7,
  ]),
  '000003.journal': file({ number: 3, firstSeq: 8, prevHash: LATE7.hash }, [], ZEROS),
};
const [AFTER9] = chain([9], LATE7.hash);
const [AFTER8] = chain([8], LATE7.hash);
if (!AFTER9 || !AFTER8) throw new Error('two records');

/** Restored with its reserve as a file of it, and closed; then a start made the last one, and ended. */
const RESTORED = {
  '000001.journal': file({}, [R1]),
  '000002.journal': file({ number: 2, firstSeq: 2, prevHash: R1.hash }, [R2]),
  '000003.journal': file({ kind: 'reserve', number: 3, firstSeq: 5, prevHash: R2.hash }, [
    LATE5,
    LATE7,
  ]),
  '000004.journal': file({ number: 4, firstSeq: 8, prevHash: LATE7.hash }, [], ZEROS),
};

const MORE_SOUND: readonly (readonly [string, Home])[] = [
  [
    'closed, before a file that was made behind its reserve and not used',
    { files: RESTORED, checkpoint: at(LATE7, { closed: true, file: 3 }) },
  ],
  [
    'with an unfinished write, without a checkpoint',
    { files: { '000001.journal': file({}, [R1, R2], torn(R2, 3, 60)) } },
  ],
  [
    'whose reserve was written to once, unfinished, without a checkpoint',
    { files: ONE_FILE, reserve: file(RESERVE, [], torn(R3, 4, 60)) },
  ],
  [
    'whose next file failed at the record that the reserve begins with',
    {
      files: {
        '000001.journal': file({}, [R1, R2]),
        '000002.journal': file({ number: 2, firstSeq: 3, prevHash: R2.hash }, [R3], ZEROS),
      },
      reserve: file(RESERVE, [R3], ZEROS),
      checkpoint: at(R3, { file: 0 }),
    },
  ],
  [
    'that goes on in its reserve a second time',
    {
      files: TAKEN_IN,
      reserve: file(RESERVE, [AFTER9], ZEROS),
      checkpoint: at(AFTER9, { file: 0 }),
    },
  ],
  [
    'with an empty file of the reserve, that goes on in its reserve',
    {
      files: {
        '000001.journal': file({}, [R1, R2]),
        '000002.journal': file({ kind: 'reserve', number: 2, firstSeq: 5, prevHash: R2.hash }, []),
      },
      reserve: IN_RESERVE,
      checkpoint: at(LATE7, { file: 0 }),
    },
  ],
  [
    'whose reserve is full to its last byte',
    { files: FORKED, reserve: file(RESERVE, [LATE5, LATE7]), checkpoint: at(LATE7, { file: 0 }) },
  ],
  [
    'whose reserve ends with the header of an unfinished write',
    {
      files: FORKED,
      reserve: file(RESERVE, [LATE5], torn(LATE5, 9, 48).subarray(0, 48)),
      checkpoint: at(LATE5, { file: 0 }),
    },
  ],
];

const MORE_UNSOUND: readonly (readonly [string, Home])[] = [
  ['a number left out in a main file', { files: { '000001.journal': file({}, chain([1, 2, 4])) } }],
  [
    'less than the checkpoint has in the last of three files',
    {
      files: {
        ...TWO_FILES,
        '000003.journal': file({ number: 3, firstSeq: 6, prevHash: R5.hash }, []),
      },
      checkpoint: at({ ...R5, seq: 9 }),
    },
  ],
  ['a checkpoint of an empty journal and no file', { checkpoint: at({ ...R1, seq: 0 }) }],
  [
    'the beginning of an older record at the end of its reserve',
    {
      files: FORKED,
      reserve: file(RESERVE, [LATE5], torn(LATE5, 3, 60)),
      checkpoint: at(LATE5, { file: 0 }),
    },
  ],
  [
    'the beginning of the same record again at the end of its reserve',
    {
      files: FORKED,
      reserve: file(RESERVE, [LATE5], torn(LATE5, 5, 60)),
      checkpoint: at(LATE5, { file: 0 }),
    },
  ],
];

const UNSOUND: readonly (readonly [string, Home])[] = [
  ['a checkpoint that is damaged', { files: ONE_FILE, checkpoint: Buffer.alloc(512, 'x') }],
  ['a checkpoint and no file', { checkpoint: at(R3) }],
  [
    'a file that is missing',
    { files: { ...ONE_FILE, '000003.journal': file({ ...SECOND, number: 3 }, [R4]) } },
  ],
  ['a first file that is missing', { files: { '000002.journal': file(SECOND, [R4]) } }],
  [
    'files out of order',
    { files: { ...ONE_FILE, '000002.journal': file({ ...SECOND, number: 5 }, [R4]) } },
  ],
  [
    'a file of another journal',
    { files: { ...ONE_FILE, '000002.journal': file({ ...SECOND, journalId: OTHER_ID }, [R4]) } },
  ],
  [
    'a file that begins too late',
    { files: { ...ONE_FILE, '000002.journal': file({ ...SECOND, firstSeq: 5 }, [R5]) } },
  ],
  [
    'a file of the reserve that begins too early',
    {
      files: {
        ...ONE_FILE,
        '000002.journal': file({ ...SECOND, kind: 'reserve', firstSeq: 3 }, [R4]),
      },
    },
  ],
  [
    'a file that follows another record',
    { files: { ...ONE_FILE, '000002.journal': file({ ...SECOND, prevHash: R2.hash }, [R4]) } },
  ],
  ['a header that is damaged', { files: { '000001.journal': changed(THREE, 20) } }],
  [
    'a changed byte that was acknowledged',
    {
      files: { '000001.journal': changed(THREE, FILE_HEADER_BYTES + R1.frame.length + 60) },
      checkpoint: at(R3),
    },
  ],
  [
    'an unfinished write that was acknowledged',
    { files: { '000001.journal': file({}, [R1, R2], torn(R2, 3, 60)) }, checkpoint: at(R3) },
  ],
  [
    'an unfinished write in a journal that was closed',
    {
      files: { '000001.journal': file({}, [R1, R2], torn(R2, 3, 60)) },
      checkpoint: at(R2, { closed: true }),
    },
  ],
  [
    'an unfinished write before the last file',
    {
      files: {
        '000001.journal': file({}, [R1, R2, R3], torn(R3, 4, 60)),
        '000002.journal': file(SECOND, [R4]),
      },
    },
  ],
  [
    'bytes that are no record',
    {
      files: {
        '000001.journal': file({}, [R1], Buffer.concat([Buffer.alloc(40), Buffer.alloc(40, 1)])),
      },
    },
  ],
  [
    'another record than the checkpoint has',
    { files: TWO_FILES, checkpoint: at({ ...R4, hash: R3.hash }) },
  ],
  [
    'another beginning than the checkpoint has',
    { files: ONE_FILE, checkpoint: at({ ...R1, seq: 0 }) },
  ],
  ['less than the checkpoint has', { files: ONE_FILE, checkpoint: at(R5) }],
  ['records after it was closed', { files: ONE_FILE, checkpoint: at(R2, { closed: true }) }],
  [
    'a file without a record after it was closed, behind one that is no reserve',
    {
      files: { ...ONE_FILE, '000002.journal': file(SECOND, [], ZEROS) },
      checkpoint: at(R3, { closed: true }),
    },
  ],
  [
    'bytes after it was closed, behind a record that follows its reserve',
    {
      files: {
        ...TAKEN_IN,
        '000003.journal': file({ number: 3, firstSeq: 8, prevHash: LATE7.hash }, [AFTER8], ZEROS),
      },
      checkpoint: at(AFTER8, { closed: true, file: 3 }),
    },
  ],
  [
    'bytes after it was closed',
    {
      files: { '000001.journal': file({}, [R1, R2], ZEROS) },
      checkpoint: at(R2, { closed: true }),
    },
  ],
  [
    'a reserve whose header is damaged',
    { files: ONE_FILE, reserve: changed(file(RESERVE, []), 20) },
  ],
  [
    'a reserve that continues another journal',
    { files: ONE_FILE, reserve: file(RESERVE, chain([4], R5.hash), ZEROS) },
  ],
  [
    'a reserve that belongs to another journal',
    { files: ONE_FILE, reserve: file({ ...RESERVE, journalId: OTHER_ID }, [R4], ZEROS) },
  ],
  ['a reserve without its files', { reserve: IN_RESERVE }],
  [
    'a reserve whose first record is damaged though it was acknowledged',
    {
      files: ONE_FILE,
      reserve: changed(file(RESERVE, [R4], ZEROS), FILE_HEADER_BYTES + 60),
      checkpoint: at(R4, { file: 0 }),
    },
  ],
  [
    'a reserve whose first record is gone though it was acknowledged',
    {
      files: ONE_FILE,
      reserve: file(RESERVE, [], Buffer.concat([Buffer.alloc(60), Buffer.alloc(60, 1)])),
      checkpoint: at(R4, { file: 0 }),
    },
  ],
  [
    'a reserve with a changed byte in its last record',
    {
      files: FORKED,
      reserve: changed(IN_RESERVE, FILE_HEADER_BYTES + LATE5.frame.length + 60),
      checkpoint: at(LATE7, { file: 0 }),
    },
  ],
  [
    'changed bytes after the records that were never acknowledged',
    {
      files: {
        '000001.journal': file(
          {},
          [R1, R2, R3],
          Buffer.concat([Buffer.alloc(40), Buffer.alloc(40, 1)]),
        ),
      },
      reserve: IN_RESERVE,
      checkpoint: at(LATE7, { file: 0 }),
    },
  ],
];

describe('a journal', () => {
  it.each([...SOUND, ...MORE_SOUND])('%s is read as it was written', (_what, home) => {
    const lines = scanned(home);
    expect(lines.filter((line) => line.startsWith('stops'))).toEqual([]);
    expect(lines).toMatchSnapshot();
  });

  it.each([...UNSOUND, ...MORE_UNSOUND])('with %s stops there', (_what, home) => {
    const lines = scanned(home);
    expect(lines.at(-1)).toMatch(/^stops at /);
    expect(lines).toMatchSnapshot();
  });

  it('that cannot be read throws what the system said', () => {
    const disk = memoryDisk(new Map([[`${PATHS.journal}/000001.journal`, THREE]]));
    const broken = {
      ...disk,
      read: () => {
        throw new Error('EIO');
      },
    };
    expect(() => scanJournal(broken, PATHS, () => undefined)).toThrow('EIO');
  });
});
