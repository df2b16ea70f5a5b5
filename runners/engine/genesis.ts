/** The genesis block of a shared pre-allocation. */
import { RLP } from '@ethereumjs/rlp';
import { bigIntToMinimalBytes, EMPTY_BYTES } from '../../src/primitives/bytes.js';
import { EMPTY_LIST_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../../src/primitives/crypto.js';
import { atLeast, type Fork } from '../../src/primitives/fork.js';
import { requestsHash } from '../../src/transition/block/requests.js';
import type { GenesisEnvironment, PreAllocation } from '../fixtures/cases-engine.js';
import { network } from '../fixtures/networks.js';

/** Header fields, RLP-ready and in header order, and their hash. */
export interface GenesisFields {
  readonly fields: readonly Uint8Array[];
  readonly hash: Uint8Array;
}

/** What EEST's environments do not say: its filler puts one zero byte there. */
const EXTRA_DATA = Uint8Array.of(0);

/** As given, or made from the environment as EEST's filler makes it. `stateRoot` is that of `pre`. */
export function genesisFields({ genesis, network: name }: PreAllocation, stateRoot: Uint8Array): GenesisFields {
  if ('header' in genesis) return { fields: genesis.header, hash: genesis.hash };
  const { number, timestamp } = genesis.environment;
  const { fork } = network(name).forkAt({ number, timestamp, parentTotalDifficulty: 0n });
  const fields = fieldsOf(genesis.environment, fork, stateRoot);
  return { fields, hash: keccak256(RLP.encode([...fields])) };
}

function fieldsOf(environment: GenesisEnvironment, fork: Fork, stateRoot: Uint8Array): Uint8Array[] {
  const scalar = (value: bigint | null): Uint8Array => bigIntToMinimalBytes(value ?? 0n);
  const zeros = new Uint8Array(32);
  return [
    environment.parentHash ?? zeros,
    EMPTY_LIST_HASH,
    environment.coinbase,
    stateRoot,
    EMPTY_TRIE_ROOT,
    EMPTY_TRIE_ROOT,
    new Uint8Array(256),
    scalar(environment.difficulty),
    scalar(environment.number),
    scalar(environment.gasLimit),
    EMPTY_BYTES,
    scalar(environment.timestamp),
    EXTRA_DATA,
    environment.random ?? zeros,
    new Uint8Array(8),
    ...(atLeast(fork, 'London') ? [scalar(environment.baseFee)] : []),
    ...(atLeast(fork, 'Shanghai') ? [EMPTY_TRIE_ROOT] : []),
    ...(atLeast(fork, 'Cancun')
      ? [scalar(environment.blobGasUsed), scalar(environment.excessBlobGas), environment.parentBeaconBlockRoot ?? zeros]
      : []),
    ...(atLeast(fork, 'Prague') ? [requestsHash([])] : []),
  ];
}
