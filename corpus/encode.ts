/** Filled blocks as official blockchain-test JSON. */

import type { Block } from '@ethereumjs/block';
import type { TypedTransaction } from '@ethereumjs/tx';
import { hexNumber, type Json, type JsonObject } from '../runners/scenario/json.js';
import { bytesToBigInt, bytesToHex, type Hex } from '../src/primitives/bytes.js';
import { atLeast, BLOB_SCHEDULES, type Fork } from '../src/primitives/fork.js';
import type { AccountPlan, TransactionPlan, WithdrawalPlan } from './plan.js';

/** Header fields under their official names; `hash` included. */
export function encodeHeader({ header }: Block): JsonObject {
  return {
    parentHash: bytesToHex(header.parentHash),
    uncleHash: bytesToHex(header.uncleHash),
    coinbase: bytesToHex(header.coinbase.bytes),
    stateRoot: bytesToHex(header.stateRoot),
    transactionsTrie: bytesToHex(header.transactionsTrie),
    receiptTrie: bytesToHex(header.receiptTrie),
    bloom: bytesToHex(header.logsBloom),
    difficulty: hexNumber(header.difficulty),
    number: hexNumber(header.number),
    gasLimit: hexNumber(header.gasLimit),
    gasUsed: hexNumber(header.gasUsed),
    timestamp: hexNumber(header.timestamp),
    extraData: bytesToHex(header.extraData),
    mixHash: bytesToHex(header.mixHash),
    nonce: bytesToHex(header.nonce),
    ...(header.baseFeePerGas === undefined ? {} : { baseFeePerGas: hexNumber(header.baseFeePerGas) }),
    ...(header.withdrawalsRoot === undefined ? {} : { withdrawalsRoot: bytesToHex(header.withdrawalsRoot) }),
    ...(header.blobGasUsed === undefined ? {} : { blobGasUsed: hexNumber(header.blobGasUsed) }),
    ...(header.excessBlobGas === undefined ? {} : { excessBlobGas: hexNumber(header.excessBlobGas) }),
    ...(header.parentBeaconBlockRoot === undefined
      ? {}
      : { parentBeaconBlockRoot: bytesToHex(header.parentBeaconBlockRoot) }),
    ...(header.requestsHash === undefined ? {} : { requestsHash: bytesToHex(header.requestsHash) }),
    hash: bytesToHex(header.hash()),
  };
}

/** One transaction; what `plan` says of fees is read back from the signed one. */
export function encodeTransaction(tx: TypedTransaction, plan: TransactionPlan): JsonObject {
  const fields = tx.toJSON();
  const number = (name: keyof typeof fields): Json => normalize(fields[name] as string | undefined);
  const fees: Json =
    plan.type < 2
      ? { gasPrice: number('gasPrice') }
      : { maxPriorityFeePerGas: number('maxPriorityFeePerGas'), maxFeePerGas: number('maxFeePerGas') };
  return {
    type: hexNumber(BigInt(plan.type)),
    chainId: '0x01',
    nonce: hexNumber(plan.nonce),
    ...(fees as JsonObject),
    gasLimit: hexNumber(plan.gasLimit),
    to: plan.to ?? '',
    value: hexNumber(plan.value),
    data: plan.data,
    ...(plan.type === 0
      ? {}
      : {
          accessList: plan.accessList.map(({ address, storageKeys }) => ({ address, storageKeys: [...storageKeys] })),
        }),
    ...(plan.type === 3
      ? { maxFeePerBlobGas: number('maxFeePerBlobGas'), blobVersionedHashes: [...plan.blobHashes] }
      : {}),
    ...(plan.type === 4
      ? { authorizationList: (fields.authorizationList ?? []).map((item, i) => encodeAuthorization(item, plan, i)) }
      : {}),
    v: hexNumber(tx.v ?? 0n),
    r: hexNumber(tx.r ?? 0n),
    s: hexNumber(tx.s ?? 0n),
    sender: plan.from.address,
  };
}

/** Any hex number as {@link hexNumber} writes it; @ethereumjs/tx gives zero as `0x`. */
function normalize(hex: string | undefined): Hex {
  return hexNumber(hex === undefined || hex === '0x' ? 0n : BigInt(hex));
}

function encodeAuthorization(
  item: { readonly [name: string]: string | undefined },
  plan: TransactionPlan,
  index: number,
): JsonObject {
  const parity = normalize(item.yParity);
  const authorization = plan.authorizations[index];
  return {
    chainId: hexNumber(authorization?.chainId ?? 0n),
    address: authorization?.address ?? '',
    nonce: hexNumber(authorization?.nonce ?? 0n),
    v: parity,
    r: normalize(item.r),
    s: normalize(item.s),
    signer: authorization?.authority.address ?? '',
    yParity: parity,
  };
}

export function encodeWithdrawal(withdrawal: WithdrawalPlan): JsonObject {
  return {
    index: hexNumber(withdrawal.index),
    validatorIndex: hexNumber(withdrawal.validatorIndex),
    address: withdrawal.address,
    amount: hexNumber(withdrawal.amount),
  };
}

/** Accounts by address, in order of address; slots and values unpadded but even. */
export function encodeState(state: ReadonlyMap<Hex, AccountPlan>): JsonObject {
  return Object.fromEntries(
    [...state]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([address, { nonce, balance, code, storage }]) => [
        address,
        {
          nonce: hexNumber(nonce),
          balance: hexNumber(balance),
          code,
          storage: Object.fromEntries([...storage].map(([slot, value]) => [hexNumber(slot), hexNumber(value)])),
        },
      ]),
  );
}

/** Reads {@link encodeState} back. */
export function decodeState(json: Json): Map<Hex, AccountPlan> {
  type Encoded = { nonce: Hex; balance: Hex; code: Hex; storage: Record<string, Hex> };
  return new Map(
    Object.entries(json as unknown as Record<Hex, Encoded>).map(([address, account]) => [
      address as Hex,
      {
        nonce: BigInt(account.nonce),
        balance: BigInt(account.balance),
        code: account.code,
        storage: new Map(Object.entries(account.storage).map(([slot, value]) => [BigInt(slot), BigInt(value)])),
      },
    ]),
  );
}

/** EEST's `config`: what a runner has to know beside the network's name. */
export function encodeConfig(fork: Fork): JsonObject {
  const schedules = (['Cancun', 'Prague', 'Osaka'] as const).filter((name) => atLeast(fork, name));
  return {
    network: fork,
    chainid: '0x01',
    ...(schedules.length === 0
      ? {}
      : {
          blobSchedule: Object.fromEntries(
            schedules.map((name) => {
              const { target, max, baseFeeUpdateFraction } = BLOB_SCHEDULES[name];
              return [
                name,
                {
                  target: hexNumber(BigInt(target)),
                  max: hexNumber(BigInt(max)),
                  baseFeeUpdateFraction: hexNumber(baseFeeUpdateFraction),
                },
              ];
            }),
          ),
        }),
  };
}

/** A copy of `hash` with its last bit flipped. */
export function spoil(hash: Uint8Array): Uint8Array {
  const copy = hash.slice();
  copy[copy.length - 1] = Number(bytesToBigInt(copy.subarray(copy.length - 1)) ^ 1n);
  return copy;
}
