/** The file of expectations: cases whose fixture is known to be wrong, and suites that lack a file, each with its proof. */
import { idMatcher } from '../fixtures/reference.js';
import { type JsonValue, readJson } from './file-error.js';
import { type MissingFile, readMissingFile } from './incomplete.js';

/** Outcomes that an entry may expect. A crash or a timeout is none: it leaves open what the case would have said. */
const EXPECTABLE = ['nonconformant', 'divergent', 'unstable'] as const;
export type ExpectableVerdict = (typeof EXPECTABLE)[number];

/** Why the fixture is taken to be wrong. */
export interface Proof {
  /** `EIP-7610`. */
  readonly eip: string;
  /** Address of the issue in the project that publishes the fixture. */
  readonly issue: string;
  /** What machines that do not share their code say; at least two. */
  readonly machines: readonly { readonly machine: string; readonly says: string }[];
}

export interface Expectation {
  /** Pattern over ids: `*` stands for any text, `?` for one character. */
  readonly case: string;
  readonly outcome: ExpectableVerdict;
  /** What must match: the exception that occurred, or the cause that the report gives. A text in it, or `/…/`. */
  readonly pattern: { readonly of: 'exception' | 'cause'; readonly text: string };
  readonly reason: string;
  readonly link: string;
  readonly proof: Proof;
}

const FORMAT = 'lockstep-expectations';
const VERSION = 1;
const FIELDS = ['case', 'outcome', 'reason', 'link', 'proof'] as const;
const URL_SHAPE = /^https?:\/\/\S+$/;
const ADDRESS = 'address that begins with http:// or https://';

export interface Expectations {
  readonly outcomes: readonly Expectation[];
  readonly incomplete: readonly MissingFile[];
}

/** Reads and checks a file of expectations; throws `ExpectationFileError`. */
export async function readExpectations(file: string): Promise<Expectations> {
  const { format, version, entries, incomplete } = (await readJson(file)).fields(
    ['format', 'version', 'entries'],
    ['incomplete'],
  );
  format.oneOf([FORMAT]);
  version.oneOf([VERSION]);
  return { outcomes: entries.items().map(readEntry), incomplete: readIncomplete(incomplete) };
}

function readIncomplete(list: JsonValue | undefined): MissingFile[] {
  const seen = new Set<string>();
  return (list?.items() ?? []).map((item) => {
    const entry = readMissingFile(item, address);
    const key = `${entry.suite}\n${entry.missing}`;
    if (seen.has(key)) throw item.error('stands here twice');
    seen.add(key);
    return entry;
  });
}

function address(value: JsonValue): string {
  return value.matching(URL_SHAPE, ADDRESS);
}

function readEntry(entry: JsonValue): Expectation {
  const fields = entry.fields(FIELDS, ['exception', 'cause']);
  const { exception, cause } = fields;
  if ((exception === undefined) === (cause === undefined)) throw entry.error('needs one of exception and cause');
  return {
    case: fields.case.text(),
    outcome: fields.outcome.oneOf(EXPECTABLE),
    pattern:
      exception !== undefined
        ? { of: 'exception', text: pattern(exception) }
        : { of: 'cause', text: pattern(cause as JsonValue) },
    reason: fields.reason.text(),
    link: address(fields.link),
    proof: readProof(fields.proof),
  };
}

function readProof(proof: JsonValue): Proof {
  const { eip, issue, machines } = proof.fields(['eip', 'issue', 'machines']);
  const said = machines.items().map((item) => {
    const { machine, says } = item.fields(['machine', 'says']);
    return { machine: machine.text(), says: says.text() };
  });
  if (new Set(said.map(({ machine }) => machine)).size < 2) throw machines.error('names fewer than two machines');
  return {
    eip: eip.matching(/^EIP-[1-9][0-9]*$/, 'EIP (as in EIP-7610)'),
    issue: address(issue),
    machines: said,
  };
}

function pattern(value: JsonValue): string {
  const text = value.text();
  try {
    idMatcher(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw value.error(error.message);
    throw error;
  }
  return text;
}

/** Predicate of a glob over a whole text; brackets and braces stand for themselves, since ids are full of them. */
export function globMatcher(glob: string): (text: string) => boolean {
  const source = glob.replace(/[\\^$.*+?()[\]{}|/]/g, (sign) =>
    sign === '*' ? '.*' : sign === '?' ? '.' : `\\${sign}`,
  );
  const expression = new RegExp(`^${source}$`, 's');
  return (text) => expression.test(text);
}
