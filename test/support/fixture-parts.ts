/** State tests and blockchain tests as JSON has them, well-formed and meaningless, to be changed field by field. */

export const ADDRESS = '0xA94f5374fce5edbc8e2a8697c15331677e6ebf0b';
export const HASH = `0x${'12'.repeat(32)}`;
export const word = (digits: string) => `0x${digits.padStart(64, '0')}`;

export const environment = {
  currentCoinbase: '0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba',
  currentDifficulty: '0x020000',
  currentGasLimit: '0x5f5e100',
  currentNumber: '0x1',
  currentTimestamp: '0x03e8',
};

export const transaction = {
  data: ['0x', '0x6001'],
  gasLimit: ['0x1314e', '0x0f4240'],
  gasPrice: '0x0a',
  nonce: '0x',
  secretKey: '0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8',
  sender: ADDRESS,
  to: '',
  value: ['0x00', `0x:bigint 0x1${'0'.repeat(64)}`],
};

export const account = { balance: '1000000', code: '0x60', nonce: '0x00', storage: { '0x1': '0x02', '0x03': '0x00' } };
export const at = (data: number, gas: number, value: number) => ({ data, gas, value });
export const post = (indexes: object, more: object = {}) => ({ hash: HASH, logs: HASH, indexes, ...more });

export const stateTest = (more: object = {}) => ({
  _info: { comment: 'ignored' },
  env: environment,
  pre: { [ADDRESS]: account },
  transaction,
  post: { Cancun: [post(at(1, 0, 1))] },
  ...more,
});

export const header = {
  parentHash: HASH,
  uncleHash: HASH,
  coinbase: ADDRESS,
  stateRoot: HASH,
  transactionsTrie: HASH,
  receiptTrie: HASH,
  bloom: `0x${'00'.repeat(256)}`,
  difficulty: '0x020000',
  number: '0x00',
  gasLimit: '0x1000',
  gasUsed: '0x00',
  timestamp: '0x54c98c81',
  extraData: '0x42',
  mixHash: HASH,
  nonce: '0x0102030405060708',
  hash: HASH,
};

export const blockchainTest = (more: object = {}) => ({
  network: 'Byzantium',
  pre: { [ADDRESS]: account },
  genesisBlockHeader: header,
  genesisRLP: '0xc0',
  blocks: [{ rlp: '0xc0', expectException: 'A' }],
  lastblockhash: HASH.slice(2),
  postState: {},
  sealEngine: 'NoProof',
  ...more,
});
