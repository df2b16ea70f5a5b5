/** Faults of how chains of blocks are judged, and their blocks against the JSON beside them. */
import { expression, type Fault, faultsIn } from '../fault.js';

const CHAIN = 'runners/blockchain/chain.ts';
const STATED = 'runners/blockchain/cross-check.ts';
const PROCESS = 'runners/blockchain/process-block.ts';
const RUN = 'runners/blockchain/run-blockchain.ts';

const chained = faultsIn('chains', ['runner-chain', 'runner-blockchain']);
const judged = faultsIn('chains', ['runner-blockchain']);
const stated = faultsIn('chains', ['runner-cross-check']);

export const CHAIN_FAULTS: readonly Fault[] = [
  chained(
    'last-seen-wins',
    'of two branches of equal total difficulty the later one becomes the head',
    expression(
      CHAIN,
      'block.totalDifficulty > this.#head.totalDifficulty',
      'block.totalDifficulty >= this.#head.totalDifficulty',
    ),
  ),
  chained(
    'no-hash-behind-the-parent',
    'of the 256 latest ancestors the parent alone is found',
    expression(CHAIN, 'block.header.number > number', 'block.header.number > number + 256n'),
  ),
  judged(
    'genesis-fields-uncompared',
    'the fields of a genesis that is given as RLP as well are not compared with its hash',
    expression(RUN, 'stated.hash', 'one.genesisHash'),
  ),
  judged(
    'genesis-state-uncompared',
    'the state root of the genesis is not compared with the pre-state',
    expression(RUN, 'engines.database.stateRoot()', 'header.stateRoot'),
  ),
  judged(
    'no-seal-is-asked-for',
    'proofs of work are checked nowhere, though the fixture names Ethash',
    expression(RUN, "one.sealEngine === 'Ethash' ? verifyEthash : null", 'null'),
  ),
  judged(
    'ommers-need-no-seal',
    'proofs of work of ommers are not checked',
    expression(PROCESS, 'this.#headerRules(this.#rules(ommer, parent))', 'this.#rules(ommer, parent)'),
  ),
  judged(
    'malformed-transaction-first',
    'a transaction that does not decode is named before an invalid one ahead of it',
    expression(
      PROCESS,
      '!serial.ok && serial.error.transactionIndex !== null ? serial.error : decoded.error',
      'decoded.error',
    ),
  ),
  judged(
    'dao-drained-behind-its-fork',
    'the DAO is drained in every block behind that of its fork, and not in that one',
    expression(PROCESS, 'rules.daoForkBlock === raw.header.number', 'raw.header.number > rules.daoForkBlock'),
  ),
  judged(
    'hash-of-the-end-beside-accounts',
    'the hash of the post-state is not compared where the accounts stand beside it',
    expression(
      'runners/blockchain/judge-chain.ts',
      'root',
      'expected.postState === null ? root : expected.postStateHash',
      {
        before: 'expected.postStateHash, ',
      },
    ),
  ),
  stated(
    'senders-of-rejected-blocks',
    'senders in the JSON are compared for blocks alone that were executed',
    expression(STATED, 'said !== null', 'said !== null && receipts !== null'),
  ),
  stated(
    'number-of-fields-uncompared',
    'the RLP may have more fields than the JSON',
    expression(STATED, 'actual.length', 'stated.length', { before: 'number of fields`, stated.length, ' }),
  ),
  stated(
    'number-of-entries-uncompared',
    'the lists of a block may have other lengths than in the JSON',
    expression(STATED, 'items.length', 'stated.length', { before: 'number of entries`, stated.length, ' }),
  ),
  stated(
    'number-of-receipts-uncompared',
    'there may be another number of receipts than in the JSON',
    expression(STATED, 'actual.length', 'stated.length', { before: "receipts: number of entries', stated.length, " }),
  ),
  stated(
    'logs-beside-gas-uncompared',
    'logs of receipts are not compared where the gas stands beside them',
    expression(
      STATED,
      'spelledLogs(found.logs)',
      'spelledLogs(one.cumulativeGasUsed === null ? found.logs : one.logs)',
    ),
  ),
  stated(
    'chain-of-the-least-v',
    'the chain of a legacy transaction is not compared where its v is the least that tells one (EIP-155)',
    expression(STATED, 'number < FIRST_PROTECTED_V', 'number <= FIRST_PROTECTED_V'),
  ),
  stated(
    'hashes-of-uncles-uncompared',
    'hashes of uncles are not compared',
    expression(STATED, 'keccak256(item.encoding)', 'one.hash'),
  ),
];
