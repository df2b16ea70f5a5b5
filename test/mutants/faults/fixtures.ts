/** Faults of the sources of fixtures, of what is told from their paths, and of the networks that they name. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const CLASSIFY = 'runners/fixtures/classify.ts';
const NETWORKS = 'runners/fixtures/networks.ts';
const ARCHIVE = 'runners/fixtures/source-archive.ts';
const TAR = 'runners/fixtures/tar-reader.ts';
const FOLDER = 'runners/fixtures/source-folder.ts';

const classified = faultsIn('fixtures', ['fixtures-classify']);
const scheduled = faultsIn('fixtures', ['fixtures-networks']);
const sourced = faultsIn('fixtures', ['fixtures-sources']);
const accompanied = faultsIn('fixtures', ['fixtures-companions']);

export const FIXTURE_FAULTS: readonly Fault[] = [
  classified(
    'sync-tests-unknown',
    'the suite of sync tests is none that is known',
    expression(CLASSIFY, "'blockchain-engine'", "'unknown'", { before: "['blockchain_tests_sync', " }),
  ),
  classified(
    'every-filler-folder-passed-over',
    'any folder with Filler in its name holds no tests, not only those of test fillers',
    expression(CLASSIFY, '/TestsFiller$/', '/Filler/'),
  ),
  scheduled(
    'upgrade-a-second-late',
    'a block with just the timestamp of the upgrade is one of the fork before',
    expression(NETWORKS, 'point.timestamp >= when.at', 'point.timestamp > when.at'),
  ),
  scheduled(
    'merge-a-block-late',
    'the terminal total difficulty must be exceeded, not reached (EIP-3675)',
    expression(NETWORKS, 'point.parentTotalDifficulty >= when.at', 'point.parentTotalDifficulty > when.at'),
  ),
  scheduled(
    'config-of-blobs-unused',
    'the blob schedule that a fixture gives is not looked at',
    statement(NETWORKS, 'if (given !== undefined) return given;', ''),
  ),
  scheduled(
    'dao-fork-from-anywhere',
    'the DAO fork may come after any fork, not only after Homestead',
    expression(NETWORKS, "from.fork === 'Homestead' && when.by === 'number'", "when.by === 'number'"),
  ),
  scheduled(
    'upgrade-backwards',
    'a transition may lead to an earlier fork',
    expression(NETWORKS, 'later(to, from)', 'true', { before: 'return to !== null && ' }),
  ),
  scheduled(
    'blob-forks-as-osaka',
    'forks that change blob parameters alone have those of Osaka (EIP-7892)',
    expression(NETWORKS, 'BPO_SCHEDULES[label as keyof typeof BPO_SCHEDULES]', 'null'),
  ),
  scheduled(
    'networks-called-like-methods',
    'names that every object has are taken for networks',
    expression(NETWORKS, 'Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined', 'ALIASES[name]'),
  ),
  sourced(
    'end-of-archive-unchecked',
    'an archive that breaks off between two of its files is taken for a whole one',
    statement(ARCHIVE, 'await reader.end();', ''),
  ),
  sourced(
    'cut-gzip-is-whole',
    'gzip data that ends too early are taken for all of them',
    statement(
      ARCHIVE,
      'if (!(error instanceof InflateError)) throw error;',
      "if (!(error instanceof InflateError)) throw error; if (error.code === 'Z_BUF_ERROR') return;",
    ),
  ),
  sourced(
    'file-twice-in-archive',
    'of a file that is twice in an archive both are taken',
    expression(TAR, 'this.seen.has(file)', "this.seen.has(file) && type !== 'File'", { before: 'if (' }),
  ),
  sourced(
    'data-behind-one-mark',
    'what follows a single block of zeros is no damage',
    expression(TAR, 'this.sawNull && !isZero(piece)', 'this.sawEnd && this.sawNull && !isZero(piece)'),
  ),
  sourced(
    'cut-file-in-archive',
    'a file is handed out though the archive holds less of it than it says',
    expression(TAR, 'length === entry.size', 'true'),
  ),
  sourced(
    'link-to-a-file-passed-over',
    'a symbolic link that is called like a fixture is counted as some other file',
    expression(FOLDER, 'true', 'false', { before: 'if (isFixtureFile(file)) return ' }),
  ),
  sourced(
    'digest-without-sizes',
    'the digest of a folder stays the same when a file gets another length',
    expression(FOLDER, 'size', "''", { before: '\\0${' }),
  ),
  accompanied(
    'farthest-companion',
    'a companion above the folder of fixtures goes before one beside the file',
    expression(
      FOLDER,
      '[...companionPaths(file, name), ...this.pathsAbove(name)]',
      '[...this.pathsAbove(name), ...companionPaths(file, name)]',
    ),
  ),
];
