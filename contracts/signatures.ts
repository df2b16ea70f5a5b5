/** Signatures that the contracts ask for: permits (EIP-2612) and batches of delegated accounts. */
import { concatBytes } from '../src/primitives/bytes.js';
import { addressOfSecretKey, keccak256, signHash } from '../src/primitives/crypto.js';
import { type AbiValue, encode } from './abi.js';

function hashText(text: string): Uint8Array {
  return keccak256(new TextEncoder().encode(text));
}

const DOMAIN_TYPE = hashText('EIP712Domain(string name,uint256 chainId,address verifyingContract)');
const PERMIT_TYPE = hashText('Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)');
const PERMIT_NAME = hashText('Permit Token');
const EIP712_PREFIX = Uint8Array.of(0x19, 0x01);

/** v, r and s as `ecrecover` takes them. */
function signature(hash: Uint8Array, secretKey: Uint8Array): AbiValue[] {
  const signed = signHash(hash, secretKey);
  return [27 + (signed[0] as number), { raw: signed.subarray(1, 33) }, { raw: signed.subarray(33, 65) }];
}

export interface Permit {
  readonly chainId: bigint;
  /** The `PermitToken`. */
  readonly token: Uint8Array;
  readonly spender: Uint8Array;
  readonly value: bigint;
  /** The owner's nonce in the token. */
  readonly nonce: bigint;
  /** Seconds. */
  readonly deadline: bigint;
}

/** Arguments of `PermitToken.permit`, signed by the owner with this secret key. */
export function permitArguments(permit: Permit, secretKey: Uint8Array): AbiValue[] {
  const { chainId, token, spender, value, nonce, deadline } = permit;
  const owner = addressOfSecretKey(secretKey);
  const domain = keccak256(encode([{ raw: DOMAIN_TYPE }, { raw: PERMIT_NAME }, chainId, token]));
  const content = keccak256(encode([{ raw: PERMIT_TYPE }, owner, spender, value, nonce, deadline]));
  const hash = keccak256(concatBytes(EIP712_PREFIX, domain, content));
  return [owner, spender, value, deadline, ...signature(hash, secretKey)];
}

/** A call within a batch: target, value, data. */
export interface BatchCall {
  readonly target: Uint8Array;
  readonly value?: bigint;
  readonly data?: Uint8Array;
}

/** The `Call[]` that `Multicall` and `BatchDelegate` take. */
export function callList(calls: readonly BatchCall[]): AbiValue {
  return {
    list: calls.map(({ target, value = 0n, data = new Uint8Array(0) }) => ({
      tuple: [target, value, { bytes: data }],
    })),
  };
}

/** Arguments of `BatchDelegate.executeSigned`: `batches` is how many the account has executed so far. */
export function signedBatchArguments(
  chainId: bigint,
  batches: bigint,
  calls: readonly BatchCall[],
  secretKey: Uint8Array,
): AbiValue[] {
  const list = callList(calls);
  const content = encode([chainId, addressOfSecretKey(secretKey), batches, { raw: keccak256(encode([list])) }]);
  return [list, ...signature(keccak256(content), secretKey)];
}
