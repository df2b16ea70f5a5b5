/** Blocks from ethereum/tests, bc4895-withdrawals/incorrectWithdrawalsRoot (Cancun). */
import { hexToBytes } from '../../src/primitives/bytes.js';

const BLOOM = `b90100${'00'.repeat(256)}`;
const OMMERS_HASH = 'a01dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';
const EMPTY_ROOT = 'a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
const COINBASE = '942adc25665018aa1fe0e6bc666dac8fc2697ff9ba';
const ZERO_HASH = `a0${'00'.repeat(32)}`;

export const GENESIS_HASH = '0x286a26a6c05ea12f11b541486c5eb8ef0a36ce29b61e86f2a98886a3886b202c';
/** Root of the one withdrawal in {@link BLOCK_BODY}; the official header carries a wrong one on purpose. */
export const WITHDRAWALS_ROOT = '0x27f166f1d7c789251299535cb176ba34116e44894476a7886fe5d73d9be5c973';
export const RECEIPTS_ROOT = '0xed9c51ea52c968e552e370a77a41dac98606e98b915092fb5f949d6452fce1c4';

export const GENESIS_RLP: Uint8Array = hexToBytes(
  `f90242f9023c${ZERO_HASH}${OMMERS_HASH}${COINBASE}a0c9f38211bd47d18248e2bd461131b4b454dde6dd63ab70d57e157d2fe058b342${EMPTY_ROOT}${EMPTY_ROOT}${BLOOM}8080887fffffffffffffff808203b642${EMPTY_ROOT}8800000000000000000a${EMPTY_ROOT}8080${ZERO_HASH}c0c0c0`,
);

/** One creation (gas used 75,192) and one withdrawal of 10,000 gwei. */
export const BLOCK_BODY =
  'f854f852802883061a808080866001600155001ba00b46eb2e2c914b99416e723a37be923605238a81c83c25b5f842544bebea8816a065730cb3fb806bd5260c1db09198459a2a2499e51b43a3780b48c1a3594133f2c0dbda808094c94f5374fce5edbc8e2a8697c15331677e6ebf0b822710';

/** The block after the genesis, with the withdrawals root (hex, no prefix) of one's choosing. */
export function blockRlp(withdrawalsRoot: string = WITHDRAWALS_ROOT.slice(2), body: string = BLOCK_BODY): Uint8Array {
  const header = `f9023fa0${GENESIS_HASH.slice(2)}${OMMERS_HASH}${COINBASE}a0a328ab2b4b2e0195194262a116e904f804eef0d336b8114fc4106925e0326ffda071e515dd89e8a7973402c2e11646081b4e2209b2d3a1550df5095289dabcb3fb${`a0${RECEIPTS_ROOT.slice(2)}`}${BLOOM}8001887fffffffffffffff830125b882079e42${EMPTY_ROOT}88000000000000000009a0${withdrawalsRoot}8080${ZERO_HASH}`;
  return rlpList(header + body);
}

/** RLP list around items that are encoded already (hex without prefix). */
export function rlpList(items: string): Uint8Array {
  const length = items.length / 2;
  if (length < 56) return hexToBytes((0xc0 + length).toString(16) + items);
  const size = length.toString(16);
  const padded = size.length % 2 === 0 ? size : `0${size}`;
  return hexToBytes((0xf7 + padded.length / 2).toString(16) + padded + items);
}
