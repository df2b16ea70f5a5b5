/** Faults of how strictly blocks and transactions are read, and of what makes a transaction invalid by itself. */
import { expression, type Fault, faultsIn } from '../fault.js';

const RLP = 'src/transition/block/rlp.ts';
const HEADER = 'src/transition/block/header.ts';
const BLOCK = 'src/transition/block/block.ts';
const DECODE = 'src/transition/transaction/decode.ts';
const VALIDATE = 'src/transition/transaction/validate.ts';

const read = faultsIn('chains', ['block-decode']);
const decoded = faultsIn('chains', ['transaction-decode']);
const validated = faultsIn('chains', ['transaction-validate']);

export const ENCODING_FAULTS: readonly Fault[] = [
  read(
    'length-with-leading-zero',
    'lengths in RLP may have leading zeros',
    expression(RLP, 'bytes[at] === 0', 'false'),
  ),
  read(
    'longest-short-string-in-long-form',
    'a string of 55 bytes may have the form of a longer one',
    expression(RLP, 'length < 56', 'length < 55'),
  ),
  read(
    'greatest-single-byte-in-long-form',
    'the greatest byte that stands for itself may have a prefix',
    expression(RLP, '(bytes[start] as number) < 0x80', '(bytes[start] as number) < 0x7f'),
  ),
  read(
    'bytes-behind-the-rlp',
    'bytes may follow an item of RLP',
    expression(RLP, 'item.encoding.length !== bytes.length', 'item.encoding.length > bytes.length'),
  ),
  read(
    'scalars-with-leading-zero',
    'numbers in headers and withdrawals may have leading zeros',
    expression(HEADER, 'bytes[0] === 0', 'false'),
  ),
  read(
    'scalars-of-nine-bytes',
    'numbers in headers and withdrawals may be one byte too long',
    expression(HEADER, 'bytes.length * 8 > bits', 'bytes.length * 8 > bits + 8'),
  ),
  read(
    'header-fields-of-no-fork',
    'a header may have a number of fields that no fork has',
    expression(HEADER, 'count < PRAGUE_FIELDS', 'count < LONDON_FIELDS', { after: ' &&' }),
  ),
  read(
    'blocks-of-five-parts',
    'a block may have a part behind its withdrawals',
    expression(BLOCK, 'parts.length > 4', 'parts.length > 5'),
  ),
  read(
    'legacy-transactions-as-strings',
    'a legacy transaction may stand in a block as a string',
    expression(BLOCK, 'first > 0x7f', 'false'),
  ),
  read(
    'withdrawals-of-five-fields',
    'a withdrawal may have more than four fields',
    expression(BLOCK, 'fields.length !== 4', 'fields.length < 4'),
  ),
  decoded(
    'type-zero-by-its-byte',
    'transactions may have the type zero as a byte (EIP-2718)',
    expression(DECODE, 'first === 0 || first > 0x7f', 'first > 0x7f'),
  ),
  decoded(
    'transactions-with-leading-zeros',
    'numbers of transactions may have leading zeros',
    expression(DECODE, 'bytes[0] === 0', 'bytes[0] === 0 && bytes.length > 32'),
  ),
  decoded(
    'zero-as-a-byte',
    'a zero of a transaction may be a byte instead of nothing',
    expression(DECODE, 'bytes[0] === 0', 'bytes[0] === 0 && bytes.length > 1'),
  ),
  decoded(
    'surplus-transaction-fields',
    'a transaction may have more fields than its type',
    expression(DECODE, 'items.length !== FIELD_COUNTS[type]', 'items.length < FIELD_COUNTS[type]'),
  ),
  decoded(
    'authorizations-of-seven-fields',
    'an authorization may have more than six fields (EIP-7702)',
    expression(DECODE, 'item.length !== 6', 'item.length < 6'),
  ),
  decoded(
    'access-list-entries-of-three',
    'an entry of an access list may have more than address and slots (EIP-2930)',
    expression(DECODE, 'item.length !== 2', 'item.length < 2'),
  ),
  validated(
    'greatest-nonce',
    'a transaction may have the greatest nonce (EIP-2681)',
    expression(VALIDATE, 'nonce >= MAX_U64', 'nonce > MAX_U64'),
  ),
  validated(
    'longest-init-code-refused',
    'init code of the greatest length is refused (EIP-3860)',
    expression(
      VALIDATE,
      'transaction.data.length > MAX_INIT_CODE_BYTES',
      'transaction.data.length >= MAX_INIT_CODE_BYTES',
    ),
  ),
  validated(
    'one-blob-too-many',
    'a transaction may have one blob more than the limit (EIP-7594)',
    expression(VALIDATE, 'count > rules.maxBlobs', 'count > rules.maxBlobs + 1'),
  ),
  validated(
    'blob-transaction-creates',
    'a blob transaction may create a contract (EIP-4844)',
    expression(VALIDATE, 'transaction.to === null', 'false', {
      after: ") return rejection('TYPE_3_TX_CONTRACT_CREATION'",
    }),
  ),
  validated(
    'authorizing-transaction-creates',
    'a transaction with authorizations may create a contract (EIP-7702)',
    expression(
      VALIDATE,
      'transaction.to === null',
      'transaction.to === null && transaction.authorizations.length === 0',
      {
        after: ") return rejection('TYPE_4_TX_CONTRACT_CREATION'",
      },
    ),
  ),
  validated(
    'price-beyond-256-bits',
    'gas at its price may come to more than 256 bits',
    expression(VALIDATE, 'transaction.maxFeePerGas >= SAFE_PRICE', 'transaction.maxFeePerGas > SAFE_PRICE << 32n'),
  ),
  validated(
    'blob-gas-in-wei',
    'a sender must own a wei for each unit of blob gas, whatever its price (EIP-4844)',
    expression(VALIDATE, 'blobGas(transaction) * transaction.maxFeePerBlobGas', 'blobGas(transaction)'),
  ),
  validated(
    'blob-hashes-of-version-zero',
    'versioned hashes may be of version zero (EIP-4844)',
    expression(VALIDATE, 'hash[0] !== BLOB_HASH_VERSION', '(hash[0] ?? 0) > BLOB_HASH_VERSION'),
  ),
];
