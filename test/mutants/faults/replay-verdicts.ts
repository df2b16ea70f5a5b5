/** Faults of the suites that ask one function of the engine, and of how replayed blocks are judged. */
import { expression, type Fault, faultsIn } from '../fault.js';

const TRANSACTION = 'runners/units/transaction.ts';
const POW = 'runners/units/pow.ts';
const TRIE = 'runners/units/trie.ts';
const REPLAY = 'runners/replay/replay-block.ts';
const LOAD = 'runners/replay/load.ts';

const asked = faultsIn('verdicts', ['runner-units']);
const replayed = faultsIn('verdicts', ['replay-block']);

export const REPLAY_VERDICT_FAULTS: readonly Fault[] = [
  asked(
    'intrinsic-gas-beside-an-exception',
    'the intrinsic gas that stands beside an exception is not compared',
    expression(TRANSACTION, 'gas !== null', 'gas === null'),
  ),
  asked(
    'fault-in-no-field-matches',
    'a fault in no particular field is good for a name that says the field',
    expression(TRANSACTION, 'isFaultIn(name, code, field)', 'field === null || isFaultIn(name, code, field)'),
  ),
  asked(
    'sender-uncompared',
    'the sender of a valid transaction is not compared',
    expression(TRANSACTION, 'decoded.sender', 'expect.sender'),
  ),
  asked(
    'calldata-floor-not-due',
    'the gas that is due leaves out the floor of calldata (EIP-7623)',
    expression(TRANSACTION, 'intrinsic > floor ? intrinsic : floor', 'intrinsic'),
  ),
  asked(
    'nonce-of-the-seal-uncompared',
    'the nonce in the header is not compared with the one beside it',
    expression(POW, 'header.nonce', 'nonce'),
  ),
  asked(
    'result-of-the-seal-uncompared',
    'the result of a proof of work is not compared',
    expression(POW, 'proof.result', 'expect.result'),
  ),
  asked(
    'ethash-cache-uncompared',
    'the cache of an epoch is not compared',
    expression(POW, 'epoch.cacheHash', 'expect.cacheHash'),
  ),
  asked(
    'rlp-value-uncompared',
    'RLP that is accepted may be read as any value',
    expression('runners/units/rlp.ts', 'spelled(value)', 'spelled(expect.value)', {
      before: 'spelled(expect.value), ',
    }),
  ),
  asked(
    'other-order-untried',
    'a trie without hashed keys is built in the given order alone, where any order is good',
    expression(TRIE, 'check.anyOrder', 'check.anyOrder && secure'),
  ),
  asked(
    'last-leaf-has-a-next',
    'a key that should be the last in a trie may have a neighbour',
    expression(TRIE, 'found.next', 'next === null ? null : found.next'),
  ),
  replayed(
    'hashes-missing-where-unasked',
    'hashes of ancestors are missing where the parallel executors ask, and not where BLOCKHASH does',
    expression(REPLAY, 'serial.running', '!serial.running', { before: 'hash === null && ' }),
  ),
  replayed(
    'claimed-sender-uncompared',
    'the sender that a file claims is not compared with the signature',
    expression(REPLAY, 'claims.senders[index] ?? null', 'sender'),
  ),
  replayed(
    'requests-unverified-in-replays',
    'the hash of the requests of a replayed block of Prague is not compared',
    expression(REPLAY, "atLeast(rules.fork, 'Prague')", "atLeast(rules.fork, 'Osaka')"),
  ),
  replayed(
    'withdrawals-unverified-in-replays',
    'the root of the withdrawals of a replayed block is not compared',
    expression(
      REPLAY,
      'withdrawalsRoot(raw.withdrawals)',
      'header.withdrawalsRoot ?? withdrawalsRoot(raw.withdrawals)',
    ),
  ),
  replayed(
    'ommers-hash-unverified-in-replays',
    'the hash of no ommers is compared for blocks that have some, and for no other',
    expression(REPLAY, 'block.ommerCount === 0', 'block.ommerCount !== 0'),
  ),
  replayed(
    'parent-hash-of-the-file-uncompared',
    'what the file says of the hash of the parent is not compared with the header',
    expression(REPLAY, 'header.parentHash', 'parent', { before: 'parent, ' }),
  ),
  replayed(
    'state-root-unverified-in-replays',
    'the state root of a replayed block with a witness is not compared',
    expression(REPLAY, 'stateRootAfter(block.witness, outcome.diff)', 'block.raw.header.stateRoot'),
    ['replay-trie', 'capture', 'replay-block'],
  ),
  replayed(
    'zeros-in-storage-tries',
    'slots that a replayed block clears stay in the trie as zeros',
    expression('runners/replay/account-leaf.ts', 'value === 0n', 'false'),
    ['replay-trie', 'capture'],
  ),
  replayed(
    'code-hash-of-before',
    'an account that gets code keeps the hash of what it had before',
    expression(
      'runners/replay/state-after.ts',
      'change.code === undefined ? before.codeHash : keccak256(change.code.after)',
      'before.codeHash',
    ),
    ['replay-trie', 'capture'],
  ),
  replayed(
    'later-block-in-a-folder',
    'a folder may hold a block of a higher number than its own',
    expression(LOAD, 'one.raw.header.number !== number', 'one.raw.header.number < number'),
  ),
  replayed(
    'system-contract-without-code',
    'a system contract without code is as good as one',
    expression(LOAD, '(pre.get(address)?.code.length ?? 0) > 0', 'pre.has(address)'),
  ),
];
