/** Parts of a scenario as official fixtures spell them. */
import { bytesToBigInt, bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import type { SignedAuthorization, UnsignedTransaction } from '../../src/transition/transaction/index.js';
import type { AccessListEntry, Withdrawal } from '../../src/transition/types.js';
import type { AccountState } from '../fixtures/cases.js';
import { HEADER, HEADER_TAIL } from '../fixtures/header-fields.js';
import type { Scenario } from './scenario.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Even-length hex of a number, `0x00` for zero. */
export function hexNumber(value: bigint): Hex {
  const digits = value.toString(16);
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}

/** Header fields under their official names, and the hash. */
export function headerJson(header: BlockHeader): JsonObject {
  const names = [...HEADER, ...HEADER_TAIL];
  const fields = header.fields.map((bytes, index): [string, Json] => {
    const [name, width] = names[index] as (typeof names)[number];
    return [name, width === 'quantity' ? hexNumber(bytesToBigInt(bytes)) : bytesToHex(bytes)];
  });
  return { ...Object.fromEntries(fields), hash: bytesToHex(header.hash) };
}

function accessListJson(list: readonly AccessListEntry[]): Json {
  return list.map(({ address, slots }) => ({ address: bytesToHex(address), storageKeys: slots.map(bytesToHex) }));
}

function authorizationJson(tuple: SignedAuthorization): Json {
  const { chainId, address, nonce, yParity, r, s } = tuple;
  const parity = hexNumber(yParity);
  return {
    chainId: hexNumber(chainId),
    address: bytesToHex(address),
    nonce: hexNumber(nonce),
    v: parity,
    r: hexNumber(r),
    s: hexNumber(s),
    yParity: parity,
  };
}

/** A signed transaction, with its signature as it stands in the RLP. */
export function transactionJson(
  transaction: UnsignedTransaction,
  signature: { readonly v: bigint; readonly r: bigint; readonly s: bigint },
  sender: Uint8Array,
): JsonObject {
  const { type, chainId } = transaction;
  const fees: JsonObject =
    type < 2
      ? { gasPrice: hexNumber(transaction.maxFeePerGas) }
      : {
          maxPriorityFeePerGas: hexNumber(transaction.maxPriorityFeePerGas),
          maxFeePerGas: hexNumber(transaction.maxFeePerGas),
        };
  return {
    type: hexNumber(BigInt(type)),
    ...(chainId === null ? {} : { chainId: hexNumber(chainId) }),
    nonce: hexNumber(transaction.nonce),
    ...fees,
    gasLimit: hexNumber(transaction.gasLimit),
    to: transaction.to === null ? '' : bytesToHex(transaction.to),
    value: hexNumber(transaction.value),
    data: bytesToHex(transaction.data),
    ...(type === 0 ? {} : { accessList: accessListJson(transaction.accessList) }),
    ...(type === 3
      ? {
          maxFeePerBlobGas: hexNumber(transaction.maxFeePerBlobGas),
          blobVersionedHashes: transaction.blobVersionedHashes.map(bytesToHex),
        }
      : {}),
    ...(type === 4 ? { authorizationList: transaction.authorizations.map(authorizationJson) } : {}),
    v: hexNumber(signature.v),
    r: hexNumber(signature.r),
    s: hexNumber(signature.s),
    sender: bytesToHex(sender),
  };
}

export function withdrawalJson({ index, validatorIndex, address, amount }: Withdrawal): JsonObject {
  return {
    index: hexNumber(index),
    validatorIndex: hexNumber(validatorIndex),
    address: bytesToHex(address),
    amount: hexNumber(amount),
  };
}

/** Accounts by address, in its order, slots in theirs. */
export function accountsJson(accounts: Iterable<readonly [Hex, AccountState]>): JsonObject {
  const order = ([a]: readonly [Hex, unknown], [b]: readonly [Hex, unknown]): number => (a < b ? -1 : 1);
  const entries = [...accounts].sort(order).map(([address, { nonce, balance, code, storage }]): [string, Json] => {
    const slots = [...storage].sort(order).map(([slot, value]): [string, Json] => {
      return [hexNumber(BigInt(slot)), hexNumber(value)];
    });
    const account = { nonce: hexNumber(nonce), balance: hexNumber(balance), code: bytesToHex(code) };
    return [address, { ...account, storage: Object.fromEntries(slots) }];
  });
  return Object.fromEntries(entries);
}

/** EEST's `config`: chain id, and the blob schedule of the scenario's fork. */
export function configJson({ network, rules }: Scenario): JsonObject {
  const { blobSchedule, label, chainId } = rules;
  const head = { network, chainid: hexNumber(chainId) };
  if (blobSchedule === null) return head;
  const { target, max, baseFeeUpdateFraction } = blobSchedule;
  const schedule = {
    target: hexNumber(BigInt(target)),
    max: hexNumber(BigInt(max)),
    baseFeeUpdateFraction: hexNumber(baseFeeUpdateFraction),
  };
  return { ...head, blobSchedule: { [label]: schedule } };
}
