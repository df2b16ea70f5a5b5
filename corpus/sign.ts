/** Planned transactions as signed ones. Signatures are deterministic (RFC 6979). */

import type { Common } from '@ethereumjs/common';
import { createTx, TransactionType, type TypedTransaction } from '@ethereumjs/tx';
import {
  type EOACode7702AuthorizationListBytesItem,
  eoaCode7702SignAuthorization,
  type PrefixedHexString,
} from '@ethereumjs/util';
import type { AuthorizationPlan, TransactionPlan } from './plan.js';

/** `maxFeePerBlobGas` of every blob transaction, in wei: above any blob base fee the corpus reaches. */
const MAX_FEE_PER_BLOB_GAS = 1_000n;

/** RPC-style hex: no leading zeros. */
function quantity(value: bigint): PrefixedHexString {
  return `0x${value.toString(16)}`;
}

function signAuthorization(plan: AuthorizationPlan): EOACode7702AuthorizationListBytesItem {
  const { chainId, address, nonce } = plan;
  return eoaCode7702SignAuthorization(
    { chainId: quantity(chainId), address, nonce: quantity(nonce) },
    plan.authority.secret,
  );
}

/** Signs `plan` for a block with this base fee (0 before London). */
export function signTransaction(plan: TransactionPlan, baseFee: bigint, common: Common): TypedTransaction {
  const { nonce, gasLimit, value, data } = plan;
  const base = { nonce, gasLimit, value, data, ...(plan.to === null ? {} : { to: plan.to }) };
  const accessList = plan.accessList.map(({ address, storageKeys }) => ({ address, storageKeys: [...storageKeys] }));
  const price = baseFee + plan.tip;
  const market = { accessList, maxPriorityFeePerGas: plan.tip, maxFeePerGas: price + plan.feeSlack };
  const make = (): TypedTransaction => {
    switch (plan.type) {
      case 0:
        return createTx({ ...base, type: TransactionType.Legacy, gasPrice: price }, { common });
      case 1:
        return createTx({ ...base, type: TransactionType.AccessListEIP2930, accessList, gasPrice: price }, { common });
      case 2:
        return createTx({ ...base, type: TransactionType.FeeMarketEIP1559, ...market }, { common });
      case 3:
        return createTx(
          {
            ...base,
            type: TransactionType.BlobEIP4844,
            ...market,
            maxFeePerBlobGas: MAX_FEE_PER_BLOB_GAS,
            blobVersionedHashes: [...plan.blobHashes],
          },
          { common },
        );
      case 4:
        return createTx(
          {
            ...base,
            type: TransactionType.EOACodeEIP7702,
            ...market,
            authorizationList: plan.authorizations.map(signAuthorization),
          },
          { common },
        );
    }
  };
  return make().sign(plan.from.secret);
}
