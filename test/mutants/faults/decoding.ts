/** Faults of what is read of the content of fixtures. */
import { expression, type Fault, faultsIn, statement } from '../fault.js';

const BLOCKCHAIN = 'runners/fixtures/decode-blockchain.ts';
const STATE = 'runners/fixtures/decode-state.ts';
const ENGINE = 'runners/fixtures/decode-engine.ts';
const STATED = 'runners/fixtures/decode-stated.ts';
const COMMON = 'runners/fixtures/decode-common.ts';
const TRANSACTION = 'runners/fixtures/decode-transaction.ts';
const FIELDS = 'runners/fixtures/fields.ts';

const decoded = faultsIn('fixtures', ['fixtures-decode']);
const engine = faultsIn('fixtures', ['fixtures-decode-engine']);
const unit = faultsIn('fixtures', ['fixtures-units']);
const stated = faultsIn('fixtures', ['runner-cross-check']);

export const DECODING_FAULTS: readonly Fault[] = [
  decoded(
    'gap-among-header-fields',
    'a header may have a field though one of an earlier fork is missing',
    expression(BLOCKCHAIN, 'gap !== null', 'gap === name'),
  ),
  decoded(
    'exception-of-all-forks-unread',
    'the exception that a block has in every fork is not read',
    expression(BLOCKCHAIN, "block.maybe('expectExceptionALL')", 'null'),
  ),
  decoded(
    'exception-of-one-fork-unread',
    'an exception is not read where it is named for a fork of a transition',
    expression(BLOCKCHAIN, '[network, ...networkForks(network)]', '[network]'),
  ),
  decoded(
    'nameless-block-is-valid',
    'a block without header and exception is to be valid in old files',
    expression(BLOCKCHAIN, "block.maybe('blockHeader') !== null", "block.maybe('blockHeader') !== null || !namesAll"),
  ),
  decoded(
    'no-seal-is-proven',
    'the seal engine is always the one that proves nothing',
    expression(BLOCKCHAIN, 'name', "'NoProof'", { before: "|| name === 'Ethash') return " }),
  ),
  decoded(
    'nothing-to-compare-with',
    'a test needs no state to be compared with',
    expression(
      BLOCKCHAIN,
      'postState === null && postStateHash === null',
      "postState === null && postStateHash === null && test.maybe('blocks') === null",
    ),
  ),
  decoded(
    'exception-without-bytes-unread',
    'the exception of a state test is read only where the bytes of its transaction stand there',
    expression(
      STATE,
      'exception === null ? null : decodeException(exception)',
      'exception === null || txbytes === null ? null : decodeException(exception)',
    ),
  ),
  decoded(
    'stated-accounts-unread',
    'the accounts that a state test says it comes to are not read',
    expression(STATE, "post.maybe('state')", 'null'),
  ),
  decoded(
    'key-of-another-sender',
    'the secret key of a state test may be that of another account than its sender',
    expression(STATE, '!equalBytes(addressOfSecretKey(key), sender.fixed(20))', 'false'),
  ),
  engine(
    'unknown-payload-fields',
    'a payload may have fields that no version knows',
    expression(ENGINE, '!PAYLOAD_FIELDS.has(name)', 'false'),
  ),
  engine(
    'refused-payload-as-head',
    'a payload that is answered with an error counts as the last valid one',
    expression(ENGINE, 'validationError === null && errorCode === null', 'validationError === null'),
  ),
  stated(
    'chain-of-legacy-unread',
    'the chain that a legacy transaction states is not read',
    expression(STATED, "type === LEGACY ? (object.maybe('chainId')?.quantity() ?? null) : null", 'null'),
  ),
  stated(
    'stated-withdrawals-unread',
    'the withdrawals that a block states are not read',
    expression(STATED, "list('withdrawals', (one) => given(one, WITHDRAWAL))", 'null'),
  ),
  stated(
    'stated-blobs-unread',
    'what a transaction states on its blobs is not read',
    expression(STATED, 'BLOBS', '[]', { before: '...ACCESS_LIST, ...', after: ', ...SIGNATURE' }),
  ),
  unit(
    'empty-result-is-invalid',
    'a result without hash is one of an invalid transaction in the newer files, too',
    expression(TRANSACTION, 'old', 'true', { before: 'if (', after: " && result.maybe('hash') === null" }),
  ),
  unit(
    'intrinsic-gas-of-invalid-unread',
    'the intrinsic gas that stands with an exception is not read',
    expression(TRANSACTION, 'gas === 0n ? null : gas', 'null'),
  ),
  unit(
    'empty-value-in-trie',
    'an empty value is put into a trie, where it deletes',
    expression('runners/fixtures/decode-trie.ts', 'bytes.length === 0 ? null : bytes', 'bytes', { before: 'return ' }),
  ),
  unit(
    'no-parent-with-uncles',
    'a difficulty test never has a parent with uncles',
    expression('runners/fixtures/decode-difficulty.ts', 'count === 1n', 'count > 1n'),
  ),
  decoded(
    'account-twice-alike',
    'an account or slot may stand there twice, if with the same value',
    expression(COMMON, 'map.has(key)', 'map.has(key) && map.get(key) !== value'),
    ['fixtures-duplicates'],
  ),
  decoded(
    'ones-are-no-storage',
    'slots that hold a one are left out',
    expression(COMMON, 'value === 0n', 'value <= 1n'),
    ['selftest'],
  ),
  decoded(
    'key-twice-far-inside',
    'a key may stand twice in an object that lies deep',
    statement(
      'runners/fixtures/parse.ts',
      'if (duplicate === null) return content;',
      'if (duplicate === null || duplicate.path.length > 3) return content;',
    ),
    ['fixtures-duplicates'],
  ),
  decoded(
    'one-bit-too-many',
    'a number may have one bit more than its field',
    expression(FIELDS, 'value >> BigInt(bits) !== 0n', 'value >> BigInt(bits) > 1n'),
    ['fixtures-ranges'],
  ),
  decoded(
    'bytes-too-few',
    'hashes and addresses may be short of bytes',
    expression(FIELDS, 'bytes.length !== length', 'bytes.length > length', { before: 'if (' }),
    ['fixtures-fields'],
  ),
  decoded(
    'later-names-coarser',
    'names of exceptions stand for more than they say also in releases that tell them apart',
    expression('runners/fixtures/coarser-names.ts', '!OLDER.test(url)', "!OLDER.test(url.replace('/v5.', '/v4.'))"),
    ['runner-exceptions'],
  ),
];
