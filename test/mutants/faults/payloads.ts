/** Faults of the rules of the Engine API, of payloads and where they start from, and of state tests. */
import { expression, type Fault, faultsIn } from '../fault.js';

const RUN = 'runners/engine/run-engine.ts';
const RULES = 'runners/engine/api-rules.ts';
const PAYLOAD = 'runners/engine/payload-block.ts';
const KEPT = 'runners/engine/pre-allocations.ts';
const FIELDS = 'runners/state/cross-check.ts';
const ENVIRONMENT = 'runners/state/environment.ts';
const STATE = 'runners/state/run-state.ts';

const called = faultsIn('chains', ['runner-engine']);
const ruled = faultsIn('chains', ['engine-rules', 'runner-engine']);
const paid = faultsIn('chains', ['engine-payload-block', 'engine-rules', 'runner-engine']);
const executed = faultsIn('chains', ['runner-state']);
const signed = faultsIn('chains', ['runner-cross-check']);

export const PAYLOAD_FAULTS: readonly Fault[] = [
  called(
    'changed-accounts-uncompared',
    'the accounts that differ from the pre-allocation are not compared',
    expression(RUN, 'engines.database.accounts()', 'one.postState === null ? expected : engines.database.accounts()', {
      before: 'compareAccounts(expected, ',
    }),
  ),
  called(
    'gone-accounts-kept',
    'accounts of the pre-allocation that are gone in the end are expected all the same',
    expression(RUN, 'accounts.delete(address)', 'false'),
  ),
  called(
    'any-error-code',
    'a call that is refused may be refused with any code',
    expression(
      RUN,
      'actual === call.errorCode',
      'actual === call.errorCode || (actual !== null && call.errorCode !== null)',
    ),
  ),
  called(
    'payload-to-sync-on-any-block',
    'the payload that a sync test ends with may have any parent',
    expression(RUN, 'syncPayload.payload.parentHash', 'one.lastBlockHash'),
  ),
  called(
    'genesis-hash-uncompared',
    'the fields of a genesis are not compared with its hash',
    expression(RUN, 'keccak256(RLP.encode([...fields]))', 'hash'),
  ),
  ruled(
    'request-types-twice',
    'two requests may be of one type (EIP-7685)',
    expression(RULES, 'type <= last', 'type < last'),
  ),
  ruled(
    'requests-without-data',
    'requests may have a type and no data (EIP-7685)',
    expression(RULES, 'request.length < 2', 'request.length < 1'),
  ),
  ruled(
    'surplus-parameters',
    'calls may have more parameters than their version takes',
    expression(RULES, 'call.parameters !== due', 'call.parameters < due'),
  ),
  ruled(
    'fourth-version-in-cancun',
    'the fourth version of a call takes payloads of Cancun',
    expression(RULES, "'Prague'", "'Cancun'", { before: '4: { from: ' }),
  ),
  ruled(
    'fork-before-parameters',
    'the fork is judged before the parameters',
    expression(
      RULES,
      'parameterError(call, fork) ?? forkError(call, fork)',
      'forkError(call, fork) ?? parameterError(call, fork)',
    ),
  ),
  paid(
    'surplus-blobs',
    'the transactions may have more blobs than the call names',
    expression(PAYLOAD, 'Math.max(expected.length, actual.length)', 'expected.length'),
  ),
  paid(
    'typed-transactions-unwrapped',
    'the size of a block leaves out what wraps typed transactions (EIP-7934)',
    expression(PAYLOAD, '(bytes[0] ?? 0) >= 0xc0 ? bytes.length : RLP.encode(bytes).length', 'bytes.length'),
  ),
  called(
    'network-checked-once',
    'a pre-allocation that is found again may be of another network',
    expression(KEPT, 'kept.network !== one.network', 'kept.network !== one.network && place === undefined'),
  ),
  called(
    'pre-allocation-of-another-source',
    'pre-allocations of all sources are taken for each other',
    expression(KEPT, 'one.source', "''", { before: 'const key = `${' }),
  ),
  called(
    'genesis-without-requests-hash',
    'the genesis that is made for Prague has no hash of requests',
    expression('runners/engine/genesis.ts', "atLeast(fork, 'Prague')", "atLeast(fork, 'Osaka')"),
  ),
  executed(
    'logs-of-rejected-transactions',
    'a transaction that is rejected may have logs, as far as the fixture is asked',
    expression(STATE, 'EMPTY_LIST_HASH', 'expect.logsHash', { before: 'applied.logsHash : ' }),
    ['selftest'],
  ),
  executed(
    'no-empty-coinbase',
    'a rejected transaction of EIP-150 leaves no empty coinbase',
    expression(STATE, "atLeast(rules.fork, 'EIP158')", "atLeast(rules.fork, 'EIP150')"),
  ),
  executed(
    'oldest-hash-missing',
    'BLOCKHASH does not reach the oldest of 256 blocks in a state test',
    expression(ENVIRONMENT, 'number + BLOCK_HASH_WINDOW >= current', 'number + BLOCK_HASH_WINDOW > current'),
  ),
  executed(
    'no-random-value-of-old',
    'the random value is not taken from the field of the difficulty',
    expression(ENVIRONMENT, 'merged ? bigIntToBytes(given.difficulty, 32) : NO_HASH', 'NO_HASH'),
  ),
  signed(
    'recipient-uncompared',
    'the recipient in signed bytes is not compared with the fields',
    expression(FIELDS, 'transaction.to', 'fields.to', { before: 'fields.to, ' }),
  ),
  signed(
    'signer-uncompared',
    'the signer of the bytes is not compared with the sender in the fields',
    expression(FIELDS, 'transaction.sender', 'fields.sender ?? transaction.sender'),
  ),
  signed(
    'authorizations-uncompared',
    'authorizations in signed bytes are not compared with the fields',
    expression(FIELDS, 'list(transaction.authorizations)', 'list(fields.authorizationList.map(recoverAuthorization))'),
  ),
];
