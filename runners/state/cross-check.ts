/**
 * The signed transaction of a state test against the fields it was made of. The bytes are what is
 * executed; that both are the same transaction is what ties a rejected one to its test.
 */
import { bytesToHex } from '../../src/primitives/bytes.js';
import { recoverAuthorization } from '../../src/transition/transaction/index.js';
import type { Authorization, Transaction } from '../../src/transition/types.js';
import type { StateTransactionFields } from '../fixtures/cases.js';
import { expectEqual } from '../units/expect-equal.js';
import { nonconformant } from '../verdict/result.js';
import type { Difference } from '../verdict/verdict.js';

type AccessList = NonNullable<StateTransactionFields['accessList']>;

/** One text for what is the same list. */
function spelled(list: AccessList): string {
  return list.map(({ address, slots }) => `${bytesToHex(address)}:${slots.map(bytesToHex).join(',')}`).join(' ');
}

/** Throws `CaseFailure` where the decoded transaction is not that of the fields. Fields that the fixture leaves out say nothing. */
export function checkStatedFields(fields: StateTransactionFields, transaction: Transaction): void {
  const differences: Difference[] = [];
  const compare = <T extends bigint | string | Uint8Array>(what: string, stated: T | null, actual: T): void => {
    if (stated !== null) expectEqual(differences, `transaction.${what}`, stated, actual);
  };
  compare('nonce', fields.nonce, transaction.nonce);
  compare('gasLimit', fields.gasLimit, transaction.gasLimit);
  compare('gasPrice', fields.gasPrice, transaction.maxFeePerGas);
  compare('maxFeePerGas', fields.maxFeePerGas, transaction.maxFeePerGas);
  compare('maxPriorityFeePerGas', fields.maxPriorityFeePerGas, transaction.maxPriorityFeePerGas);
  expectEqual(differences, 'transaction.to', fields.to, transaction.to);
  compare('value', fields.value, transaction.value);
  compare('data', fields.data, transaction.data);
  compare('sender', fields.sender, transaction.sender);
  if (fields.accessList !== null) compare('accessLists', spelled(fields.accessList), spelled(transaction.accessList));
  compare('maxFeePerBlobGas', fields.maxFeePerBlobGas, transaction.maxFeePerBlobGas);
  if (fields.blobVersionedHashes !== null) {
    const list = (hashes: readonly Uint8Array[]): string => hashes.map(bytesToHex).join(',');
    compare('blobVersionedHashes', list(fields.blobVersionedHashes), list(transaction.blobVersionedHashes));
  }
  if (fields.authorizationList !== null) {
    // A signature counts for its signer: of the bytes, the transaction keeps that alone.
    const list = (tuples: readonly Authorization[]): string =>
      tuples
        .map(({ chainId, address, nonce, authority }) =>
          [chainId, bytesToHex(address), nonce, authority === null ? 'no signer' : bytesToHex(authority)].join('/'),
        )
        .join(' ');
    compare(
      'authorizationList',
      list(fields.authorizationList.map(recoverAuthorization)),
      list(transaction.authorizations),
    );
  }
  if (differences.length > 0) nonconformant('txbytes differ from the fields of the transaction', differences);
}
