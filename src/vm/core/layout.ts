/**
 * Offsets in the machine's memory that the host reads or writes: the host's copy of
 * `assembly/layout.ts`, which says what each one means. Bytes throughout. A test compares the two.
 */

// ---- Windows ---------------------------------------------------------------------------------------------

export const PARAMS = 0x00050000;
export const RESULT = 0x00054000;
export const IMAGE = 0x000a0000;
export const FRAMES = 0x00100000;
export const CALLDATA = 0x02400000;
export const RETURN_DATA = 0x03400000;
export const LOGS = 0x05400000;
export const ACCOUNTS = 0x0dc00000;
export const SLOTS = 0x16400000;
export const CODE_STORE = 0x25c00000;
export const CODE_STUBS = 0x2bc00000;
export const EVM_MEMORY = 0x2ec00000;

export const CALLDATA_SIZE = 0x1000000;
export const RETURN_DATA_SIZE = 0x2000000;
export const CODE_STORE_SIZE = 0x6000000;

// ---- PARAMS ----------------------------------------------------------------------------------------------

export const CHAIN_ID = PARAMS;
export const NUMBER = PARAMS + 32;
export const TIMESTAMP = PARAMS + 64;
export const COINBASE = PARAMS + 96;
export const GAS_LIMIT = PARAMS + 128;
export const DIFFICULTY = PARAMS + 160;
export const BASE_FEE = PARAMS + 192;
export const BLOB_BASE_FEE = PARAMS + 224;

export const ORIGIN = PARAMS + 256;
export const MESSAGE_CALLER = PARAMS + 288;
export const MESSAGE_TO = PARAMS + 320;
export const MESSAGE_VALUE = PARAMS + 352;
export const GAS_PRICE = PARAMS + 384;
export const MESSAGE_GAS = PARAMS + 416;
export const IS_CREATE = PARAMS + 424;
export const DATA_LENGTH = PARAMS + 428;
export const BLOB_COUNT = PARAMS + 432;
/** Not 0: the core reports its instructions. */
export const TRACE = PARAMS + 436;
export const IS_SYSTEM = PARAMS + 440;

export const ARGUMENT = PARAMS + 512;
export const ARGUMENT2 = PARAMS + 544;

/** First words of a transaction's record. */
export const TRANSACTION = PARAMS + 0x400;
export const AUTHORIZATION_REFUND = TRANSACTION + 288;

export const BLOBS = PARAMS + 0x1000;
/** Blob hashes that a transaction may bring; no fork allows that many. */
export const BLOBS_MAX = 256;
/** The rest of PARAMS: used by the host within an import or export only. */
export const HOST_SCRATCH = PARAMS + 0x3000;

// ---- RESULT ----------------------------------------------------------------------------------------------

export const RESULT_LIMIT = RESULT;
export const RESULT_SUCCESS = RESULT + 4;
export const RESULT_HALT = RESULT + 8;
export const RESULT_OUTPUT = RESULT + 12;
export const RESULT_OUTPUT_LENGTH = RESULT + 16;
export const RESULT_CREATED_FLAG = RESULT + 20;
export const RESULT_GAS_LEFT = RESULT + 24;
export const RESULT_REFUND = RESULT + 32;
export const RESULT_CREATED = RESULT + 40;
export const RESULT_LOG_COUNT = RESULT + 72;
export const RESULT_ACCOUNT_COUNT = RESULT + 76;
export const RESULT_SLOT_COUNT = RESULT + 80;
export const OUTCOME = RESULT + 128;

// ---- Image of a blocked transaction ----------------------------------------------------------------------

export const IMAGE_LENGTH = IMAGE;
export const IMAGE_CODE_COUNT = IMAGE + 4;
export const IMAGE_CODES = IMAGE + 144;
export const IMAGE_CODE_SIZE = 40;
export const IMAGE_CODE_POINTER = 0;
export const IMAGE_CODE_MOVED = 4;
export const IMAGE_CODE_HASH = 8;

// ---- Records ---------------------------------------------------------------------------------------------

export const ACCOUNT_SIZE = 256;
export const ACCOUNT_FLAGS = 32;
/** Basics as `StateView` writes them: exists, nonce, balance. */
export const ACCOUNT_EXISTS = 36;
export const ACCOUNT_NONCE = 40;
export const ACCOUNT_BALANCE = 48;
export const ACCOUNT_CODE = 80;
export const ACCOUNT_READ_EXISTS = 84;
export const ACCOUNT_READ_NONCE = 88;
export const ACCOUNT_READ_BALANCE = 96;
export const ACCOUNT_READ_CODE = 128;
export const ACCOUNT_RESET = 132;
export const ACCOUNT_CREATED = 144;
export const ACCOUNT_DESTROYED = 148;
export const ACCOUNT_LOCATION = 160;
export const ACCOUNT_LEAST = 168;

export const FLAG_BASICS = 1;
export const FLAG_CODE = 2;
export const FLAG_LOADED = FLAG_BASICS | FLAG_CODE;
export const FLAG_BALANCE_SEEN = 16;
export const FLAG_PAID = 32;

export const SLOT_SIZE = 160;
export const SLOT_KEY = 0;
export const SLOT_CURRENT = 32;
export const SLOT_READ = 96;
export const SLOT_ACCOUNT = 128;
export const SLOT_LOADED = 136;
export const SLOT_LOCATION = 144;

export const FRAME_SIZE = 256;
export const FRAME_PC = 0;
export const FRAME_SP = 4;
export const FRAME_STACK_BASE = 8;
export const FRAME_MEMORY = 12;
export const FRAME_MEMORY_SIZE = 16;
export const FRAME_GAS = 24;
export const FRAME_CODE = 32;
export const FRAME_CODE_LENGTH = 36;

export const CODE_LENGTH = 0;
export const CODE_ABSENT = 12;
export const CODE_HASH = 32;
export const CODE_BYTES = 64;
export const CODE_STUB_BYTES = 32;
