/**
 * Every window of the core's memory and every offset of its records, in bytes, named once. The host
 * mirrors them (`src/vm/core/layout.ts`; CONTRACT.md says what they mean).
 *
 * Windows are generous since memory that is never touched costs address space only; each has an end
 * that is checked (`limits.ts`).
 */

// ---- Windows -----------------------------------------------------------------------------------
export const PARAMS: usize = 0x50000;
export const RESULT: usize = 0x54000;
/** Values on their way through one instruction; nothing outlives it. */
export const SCRATCH: usize = 0x55000;
/** Recently hashed 64-byte inputs (keccak of mapping slots). */
export const HASH_CACHE: usize = 0x60000;
/** State of a blocked transaction on its way out or in (image.ts); nothing outlives the call of the host that fills it. */
export const IMAGE: usize = 0xa0000;
export const FRAMES: usize = 0x100000;
export const STACKS: usize = 0x200000;
/** 1025 stacks of 1024 items below it; they grow down. */
export const STACKS_END: usize = 0x2400000;
export const CALLDATA: usize = 0x2400000;
export const RETURN_DATA: usize = 0x3400000;
export const LOGS: usize = 0x5400000;
export const JOURNAL: usize = 0x7400000;
export const ACCOUNT_INDEX: usize = 0xd400000;
export const ACCOUNTS: usize = 0xdc00000;
export const SLOT_INDEX: usize = 0x15c00000;
export const SLOTS: usize = 0x16400000;
export const TRANSIENT_INDEX: usize = 0x1b400000;
export const TRANSIENT: usize = 0x1c400000;
export const NEW_CODE: usize = 0x23c00000;
export const CODE_STORE: usize = 0x25c00000;
/** Codes for which the store had no room: as many as there may be accounts. */
export const CODE_STUBS: usize = 0x2bc00000;
export const EVM_MEMORY: usize = 0x2ec00000;

// ---- PARAMS ------------------------------------------------------------------------------------
export const CHAIN_ID: usize = PARAMS;
export const NUMBER: usize = PARAMS + 32;
export const TIMESTAMP: usize = PARAMS + 64;
export const COINBASE: usize = PARAMS + 96;
export const GAS_LIMIT: usize = PARAMS + 128;
export const DIFFICULTY: usize = PARAMS + 160;
export const BASE_FEE: usize = PARAMS + 192;
export const BLOB_BASE_FEE: usize = PARAMS + 224;
export const ORIGIN: usize = PARAMS + 256;
export const MESSAGE_CALLER: usize = PARAMS + 288;
export const MESSAGE_TO: usize = PARAMS + 320;
export const MESSAGE_VALUE: usize = PARAMS + 352;
export const GAS_PRICE: usize = PARAMS + 384;
export const MESSAGE_GAS: usize = PARAMS + 416;
export const IS_CREATE: usize = PARAMS + 424;
export const DATA_LENGTH: usize = PARAMS + 428;
export const BLOB_COUNT: usize = PARAMS + 432;
export const TRACE: usize = PARAMS + 436;
/** The message is the protocol's own: its access set begins empty, without precompiles. */
export const IS_SYSTEM: usize = PARAMS + 440;
/** First words of a transaction's record (src/layout.ts): what the prologue and the epilogue work from. */
export const TRANSACTION: usize = PARAMS + 0x400;
export const TRANSACTION_FLAGS: usize = TRANSACTION + 8;
export const TRANSACTION_NONCE: usize = TRANSACTION + 16;
export const TRANSACTION_GAS_LIMIT: usize = TRANSACTION + 24;
export const TRANSACTION_FLOOR: usize = TRANSACTION + 40;
export const TRANSACTION_BLOB_GAS: usize = TRANSACTION + 48;
export const TRANSACTION_MESSAGE_GAS: usize = TRANSACTION + 56;
export const TRANSACTION_SENDER: usize = TRANSACTION + 64;
export const TRANSACTION_TO: usize = TRANSACTION + 96;
export const TRANSACTION_VALUE: usize = TRANSACTION + 128;
export const TRANSACTION_PRICE: usize = TRANSACTION + 160;
export const TRANSACTION_TIP: usize = TRANSACTION + 192;
export const TRANSACTION_DUE: usize = TRANSACTION + 224;
export const TRANSACTION_UPFRONT: usize = TRANSACTION + 256;
/** Refund that authorizations have earned (EIP-7702), written by the host. */
export const AUTHORIZATION_REFUND: usize = TRANSACTION + 288;
export const BLOBS: usize = PARAMS + 0x1000;

// ---- RESULT ------------------------------------------------------------------------------------
export const RESULT_LIMIT: usize = RESULT;
export const RESULT_SUCCESS: usize = RESULT + 4;
export const RESULT_HALT: usize = RESULT + 8;
export const RESULT_OUTPUT: usize = RESULT + 12;
export const RESULT_OUTPUT_LENGTH: usize = RESULT + 16;
export const RESULT_CREATED_FLAG: usize = RESULT + 20;
export const RESULT_GAS_LEFT: usize = RESULT + 24;
export const RESULT_REFUND: usize = RESULT + 32;
export const RESULT_CREATED: usize = RESULT + 40;
export const RESULT_LOG_COUNT: usize = RESULT + 72;
export const RESULT_ACCOUNT_COUNT: usize = RESULT + 76;
export const RESULT_SLOT_COUNT: usize = RESULT + 80;
/** End of the logs. */
export const RESULT_LOG_END: usize = RESULT + 84;
/** The fixed words of a transaction's outcome record (OUTCOME_* of src/layout.ts). */
export const OUTCOME: usize = RESULT + 128;
export const OUTCOME_GAS_USED: usize = OUTCOME + 8;
export const OUTCOME_HALT: usize = OUTCOME + 16;
export const OUTCOME_OUTPUT_LENGTH: usize = OUTCOME + 20;
export const OUTCOME_LOG_COUNT: usize = OUTCOME + 24;
export const OUTCOME_LOG_WORDS: usize = OUTCOME + 28;
export const OUTCOME_CREATED: usize = OUTCOME + 32;
export const OUTCOME_CREATED_ADDRESS: usize = OUTCOME + 36;
export const OUTCOME_BLOB_GAS: usize = OUTCOME + 56;
/** The beneficiary's fee where it was left to the host; else zero. */
export const OUTCOME_FEE: usize = OUTCOME + 64;

// ---- Scratch -----------------------------------------------------------------------------------
/** A sum or difference of balances. */
export const SCRATCH_VALUE: usize = SCRATCH;
/** Address of a contract to be created. */
export const SCRATCH_ADDRESS: usize = SCRATCH + 32;
/** RLP or the CREATE2 preimage: at most 85 bytes. */
export const SCRATCH_BYTES: usize = SCRATCH + 64;
/** Answers of the host. */
export const SCRATCH_ANSWER: usize = SCRATCH + 192;
export const SCRATCH_GAS: usize = SCRATCH + 224;
/** A balance on its way to another account. */
export const SCRATCH_AMOUNT: usize = SCRATCH + 288;
/** A factor of 64 bits on its way to a product. */
export const SCRATCH_FACTOR: usize = SCRATCH + 320;
/** 32 zero bytes: the value of calls that move none. */
export const ZERO_VALUE: usize = SCRATCH + 256;
/** The code object of accounts without code: header, no bytes, padding. */
export const EMPTY_CODE: usize = SCRATCH + 512;

// ---- Image of a blocked transaction ------------------------------------------------------------
/** Bytes of the whole image, and the codes that it refers to. */
export const IMAGE_LENGTH: usize = IMAGE;
export const IMAGE_CODE_COUNT: usize = IMAGE + 4;
export const IMAGE_REFUND: usize = IMAGE + 8;
export const IMAGE_TOP: usize = IMAGE + 16;
export const IMAGE_RETURN_DATA: usize = IMAGE + 20;
export const IMAGE_RETURN_DATA_LENGTH: usize = IMAGE + 24;
export const IMAGE_LOG_COUNT: usize = IMAGE + 28;
export const IMAGE_MESSAGE: usize = IMAGE + 32;
/** Windows in use: (begin, end) each, in the order of image.ts. */
export const IMAGE_WINDOWS: usize = IMAGE + 40;
/** Codes in the store: pointer, the pointer that takes its place, hash. The host fills in the second where it restores. */
export const IMAGE_CODES: usize = IMAGE + 144;
export const IMAGE_CODE_SIZE: usize = 40;
export const IMAGE_CODE_POINTER: usize = 0;
export const IMAGE_CODE_MOVED: usize = 4;
export const IMAGE_CODE_HASH: usize = 8;
export const IMAGE_CODES_MAX: u32 = 64;

// ---- Account records ---------------------------------------------------------------------------
export const ACCOUNT_SIZE: usize = 256;
export const ACCOUNT_ADDRESS: usize = 0;
export const ACCOUNT_FLAGS: usize = 32;
/** Basics in the words of StateView: exists, nonce (two words), balance (eight words). */
export const ACCOUNT_EXISTS: usize = 36;
export const ACCOUNT_NONCE: usize = 40;
export const ACCOUNT_BALANCE: usize = 48;
export const ACCOUNT_CODE: usize = 80;
export const ACCOUNT_READ_EXISTS: usize = 84;
export const ACCOUNT_READ_NONCE: usize = 88;
export const ACCOUNT_READ_BALANCE: usize = 96;
export const ACCOUNT_READ_CODE: usize = 128;
/** The account's storage was wiped in this incarnation. */
export const ACCOUNT_RESET: usize = 132;
// The next four hold the number of the message in which it happened, so that a new message clears them.
export const ACCOUNT_WARM: usize = 136;
export const ACCOUNT_TOUCHED: usize = 140;
export const ACCOUNT_CREATED: usize = 144;
export const ACCOUNT_DESTROYED: usize = 148;
/** First of the account's slot records, or 0. */
export const ACCOUNT_SLOTS: usize = 152;
/** Number of the precompile at this address, active or not in the fork: 0 where there is none active. */
export const ACCOUNT_PRECOMPILE: usize = 156;
/** Reference of the basics' location, as the host gave it when it was asked; 0 where it was not. */
export const ACCOUNT_LOCATION: usize = 160;
/** The least that payments have left of the balance, reverted ones included; undefined without FLAG_PAID. */
export const ACCOUNT_LEAST: usize = 168;

export const FLAG_BASICS: u32 = 1;
export const FLAG_CODE: u32 = 2;
export const FLAG_LOADED: u32 = 3;
export const FLAG_STORAGE_KNOWN: u32 = 4;
export const FLAG_HAS_STORAGE: u32 = 8;
/** Something depends on the balance beyond that it was added to and could pay; never taken back. */
export const FLAG_BALANCE_SEEN: u32 = 16;
export const FLAG_PAID: u32 = 32;

// ---- Slot records ------------------------------------------------------------------------------
export const SLOT_SIZE: usize = 160;
export const SLOT_KEY: usize = 0;
export const SLOT_CURRENT: usize = 32;
export const SLOT_ORIGINAL: usize = 64;
export const SLOT_READ: usize = 96;
export const SLOT_ACCOUNT: usize = 128;
export const SLOT_WARM: usize = 132;
export const SLOT_LOADED: usize = 136;
/** Next slot record of the same account, or 0. */
export const SLOT_NEXT: usize = 140;
/** Reference of the location, as the host gave it when it was asked; 0 where it was not. */
export const SLOT_LOCATION: usize = 144;

// ---- Transient storage records -----------------------------------------------------------------
export const TRANSIENT_SIZE: usize = 80;
export const TRANSIENT_KEY: usize = 0;
export const TRANSIENT_VALUE: usize = 32;
export const TRANSIENT_ACCOUNT: usize = 64;

// ---- Code objects ------------------------------------------------------------------------------
export const CODE_LENGTH: usize = 0;
export const CODE_BITMAP: usize = 4;
export const CODE_DELEGATION: usize = 8;
/** The bytes are with the host, all but the first CODE_STUB_BYTES. */
export const CODE_ABSENT: usize = 12;
export const CODE_HASH: usize = 32;
export const CODE_BYTES: usize = 64;
export const CODE_STUB_BYTES: usize = 32;

// ---- Frames ------------------------------------------------------------------------------------
export const FRAME_SIZE: usize = 256;
export const FRAME_PC: usize = 0;
export const FRAME_SP: usize = 4;
export const FRAME_STACK_BASE: usize = 8;
export const FRAME_MEMORY: usize = 12;
/** Bytes, a multiple of 32. */
export const FRAME_MEMORY_SIZE: usize = 16;
export const FRAME_FLAGS: usize = 20;
export const FRAME_GAS: usize = 24;
export const FRAME_CODE: usize = 32;
export const FRAME_CODE_LENGTH: usize = 36;
export const FRAME_BITMAP: usize = 40;
export const FRAME_DATA: usize = 44;
export const FRAME_DATA_LENGTH: usize = 48;
/** Where the caller wants the output: a pointer into its memory. */
export const FRAME_OUTPUT: usize = 52;
export const FRAME_OUTPUT_LENGTH: usize = 56;
export const FRAME_JOURNAL_MARK: usize = 60;
export const FRAME_LOG_MARK: usize = 64;
export const FRAME_LOG_COUNT: usize = 68;
export const FRAME_REFUND: usize = 72;
/** Record of the account whose storage and balance the code works on. */
export const FRAME_SELF: usize = 80;
export const FRAME_CALLER: usize = 96;
export const FRAME_VALUE: usize = 128;

export const FRAME_STATIC: u32 = 1;
export const FRAME_CREATION: u32 = 2;

/** Depth of the deepest frame; the message's own frame has depth 0. */
export const MAX_DEPTH: u32 = 1024;

// ---- Statuses ----------------------------------------------------------------------------------
export const OK: i32 = 0;
export const HALT_OUT_OF_GAS: i32 = 1;
export const HALT_STACK_UNDERFLOW: i32 = 2;
export const HALT_STACK_OVERFLOW: i32 = 3;
export const HALT_BAD_JUMP: i32 = 4;
export const HALT_INVALID: i32 = 5;
export const HALT_STATIC: i32 = 6;
export const HALT_RETURN_DATA: i32 = 7;
export const HALT_INIT_CODE_SIZE: i32 = 8;
export const HALT_COLLISION: i32 = 9;
export const HALT_CODE_SIZE: i32 = 10;
export const HALT_CODE_FORMAT: i32 = 11;
export const HALT_CODE_DEPOSIT: i32 = 12;
export const HALT_BALANCE: i32 = 13;
export const HALT_DEPTH: i32 = 14;
export const HALT_PRECOMPILE: i32 = 15;
export const RETURNED: i32 = 16;
export const REVERTED: i32 = 17;
/** A read is blocked; the frame stands before the instruction as if it had not begun. */
export const SUSPENDED: i32 = 18;

// ---- Forks -------------------------------------------------------------------------------------
// Positions in FORKS of src/primitives/fork.ts.
export const HOMESTEAD: i32 = 1;
export const EIP150: i32 = 2;
export const EIP158: i32 = 3;
export const BYZANTIUM: i32 = 4;
export const CONSTANTINOPLE: i32 = 5;
export const CONSTANTINOPLE_FIX: i32 = 6;
export const ISTANBUL: i32 = 7;
export const BERLIN: i32 = 9;
export const LONDON: i32 = 10;
export const PARIS: i32 = 13;
export const SHANGHAI: i32 = 14;
export const CANCUN: i32 = 15;
export const PRAGUE: i32 = 16;
export const OSAKA: i32 = 17;
