/**
 * Every offset in shared memory, named once. Offsets count 32-bit words; a *reference* is the word
 * offset of a record in its heap, and 0 is the null reference.
 *
 * Three kinds of heap exist: one per `Database` (accounts, slots, codes; written between blocks only), and two per
 * executor, both emptied for each block: one of control words, locations, cells and transactions, and one of outcomes
 * and packed changes.
 */

// ---- Heap header -------------------------------------------------------------------------------

/** Next free word of a heap; moved by compare-and-swap. */
export const HEAP_NEXT = 1;
/** The engine leaves this word alone: tools that watch several heaps write here which one it is. */
export const HEAP_MARK = 15;

// ---- Control block of an executor's heap ---------------------------------------------------------
// Words written by different parties stand on cache lines of their own (16 words of 4 bytes).

/** Counts blocks; workers sleep on it between blocks. */
export const CONTROL_GENERATION = 16;
/** One of VERDICT_*: how the block stands. Written last when a block is set up. */
export const CONTROL_VERDICT = 32;
/** Transaction that was rejected, or -1. */
export const CONTROL_REJECTED = 33;
/** Record of the rejection or failure: kind of error and text. */
export const CONTROL_REJECTION = 34;
/** Number of workers inside the block. */
export const CONTROL_ACTIVE = 48;
/** 1 where workers may join the block; 0 while the owner is alone in it. */
export const CONTROL_OPEN = 49;
/** Bumped whenever work appears; idle workers wait on it. */
export const CONTROL_EPOCH = 64;
/** Workers that wait on the epoch, or are about to. */
export const CONTROL_WAITING = 65;
/** Next transaction that nobody has taken (advice). */
export const CONTROL_EXEC_CURSOR = 80;
/** Number of committed transactions; written by the lane's holder only. */
export const CONTROL_FRONTIER = 96;
/** 0, or 1 + the worker that holds the commit lane. */
export const CONTROL_LANE = 112;
/** Lowest transaction whose reads may have gone stale (advice for early validation). */
export const CONTROL_CHECK_FROM = 128;

/** Written once when a block is set up, read-only while it runs. */
export const CONTROL_COUNT = 144;
/** Array of transaction words, TX_WORDS each. */
export const CONTROL_TRANSACTIONS = 145;
/** Bucket array of the location table, and its size minus one. */
export const CONTROL_BUCKETS = 146;
export const CONTROL_BUCKET_MASK = 147;
/** Encoded block environment. */
export const CONTROL_ENVIRONMENT = 148;
/** Array of references to the transactions' records, or 0 where they do not stand in the heap. */
export const CONTROL_INPUTS = 149;
/** 1 where the records were posted to the threads instead. */
export const CONTROL_POSTED = 157;
/** Location of the beneficiary's basics, whose reads add the deferred fees. */
export const CONTROL_BENEFICIARY = 150;
/** Which database the block reads; workers map it when the number changes. */
export const CONTROL_DATABASE = 151;
/** 0 keeps running; 1 asks the workers to end. */
export const CONTROL_CLOSING = 152;
/** Which locations have made transactions fail (`executor/images.ts`); 0 where nobody asks. */
export const CONTROL_HOT = 156;
/** Counts the blocks that were set up: a worker that slept through one knows by it. */
export const CONTROL_BLOCK = 155;
/** End of the transactions' records. */
export const CONTROL_INPUTS_END = 154;
/** 1 where receipts carry a state root per transaction (before Byzantium). */
export const CONTROL_RECEIPT_ROOTS = 153;
/** How each piece of advice is given, two bits each (`scheduler/advice.ts`), and what its lies are drawn from. */
export const CONTROL_ADVICE = 158;
export const CONTROL_ADVICE_SEED = 159;

/** Lane state, on a line that only the lane's holder touches: cumulative gas and blob gas, two words each. */
export const CONTROL_GAS = 176;
export const CONTROL_BLOB_GAS = 178;
/** One bit for each of the lane's last 32 checks, set where it failed; and the successes since the last failure. */
export const CONTROL_HISTORY = 180;
export const CONTROL_STREAK = 181;
/** Transactions in a row that the lane found waiting for the one before. */
export const CONTROL_CHAIN = 183;
/** How often speculation was stopped for a while. */
export const CONTROL_THROTTLES = 182;
/** Advice for those that take transactions, seldom written: window, batch, and the frontier from which speculation goes on. */
export const CONTROL_WINDOW = 192;
export const CONTROL_BATCH = 193;
export const CONTROL_RESUME = 194;
/** What the database has lent for the block (`state/places.ts`), or 0. */
export const CONTROL_LENT = 195;

/** Statistics, added to by every worker when it leaves a block. */
export const CONTROL_STATS = 160;
export const STAT_INCARNATIONS = 0;
export const STAT_ABORTS = 1;
export const STAT_ESTIMATES = 2;
export const STAT_FEE_READS = 3;
export const STAT_RESETS = 4;
export const STAT_PARKED = 5;
export const STAT_CREDITS = 6;
export const STAT_SUSPENSIONS = 7;
export const STAT_RESUMPTIONS = 8;
export const STAT_CHECKPOINTS = 9;
export const STAT_RESTORES = 10;
export const STAT_REBASES = 11;
export const STAT_WORDS = 12;

/** Packing of the changes: the list of rows to take next, and the parts that workers have packed. */
export const CONTROL_PACKED_FROM = 208;
export const CONTROL_PACKED = 209;

/** First word after the control block. */
export const CONTROL_END = 224;

export const VERDICT_IDLE = 0;
export const VERDICT_RUNNING = 1;
/** Somebody is writing the verdict; nobody may start anything new. */
export const VERDICT_ENDING = 2;
export const VERDICT_DONE = 3;
/** The block is invalid: a transaction was judged so in the lane. */
export const VERDICT_REJECTED = 4;
/** The engine cannot go on: a worker died, memory ran out, a machine failed. */
export const VERDICT_FAILED = 5;

/** The block is over; threads pack its changes. */
export const VERDICT_PACKING = 6;

// ---- A worker's part of the packed changes ---------------------------------------------------------

export const PART_NEXT = 0;
/** (place, words) of each chunk of records. */
export const PART_CHUNKS = 1;
export const PART_CHUNKS_LENGTH = 2;
export const PART_WIPES = 3;
export const PART_WORDS = 4;

// ---- Words of one transaction --------------------------------------------------------------------

/** Incarnation and state in one word; every change is a compare-and-swap on the whole word. */
export const TX_STATUS = 0;
/** 1 where the incarnation began with every lower transaction committed: its reads are final. */
export const TX_EXACT = 1;
/**
 * Read set: reference and number of (location, cell) pairs. Before the first stands the number of (location, demand) pairs, and
 * before that those: balances on which nothing depends (`WriteSink.balance`).
 */
export const TX_READS = 2;
export const TX_READ_COUNT = 3;
/** Write set: reference and number of (location, entry) pairs. */
export const TX_WRITES = 4;
export const TX_WRITE_COUNT = 5;
/** Encoded outcome of the last incarnation. */
export const TX_RESULT = 6;
/** Fee that the transaction itself leaves to the lane: reference of its 8 words, or 0 where none is owed. */
export const TX_FEE = 7;
/** Stack of parked transactions that wait for this one. */
export const TX_DEPENDENTS = 8;
/**
 * Lane: cell of the beneficiary's basics after this transaction, or 0 where they are not kept. Transactions that ran while one
 * thread was alone in the block all refer to one cell, which holds what the last of them left.
 */
export const TX_BENEFICIARY_AFTER = 9;
/** Lane: state root after this transaction (8 words), where receipts carry one. */
export const TX_ROOT = 10;
/** Transaction that should run first, or -1 (prior knowledge). */
export const TX_HINT = 11;
/** Cell that the last incarnation wrote to the beneficiary's basics, or 0. */
export const TX_BENEFICIARY_WRITE = 12;
/** Credit that the last incarnation published: its location and entry, or 0. */
export const TX_CREDIT_LOCATION = 13;
export const TX_CREDIT_ENTRY = 14;
/** Newest image of the transaction at one of its reads, or 0. */
export const TX_IMAGES = 15;
/** One cache line. */
export const TX_WORDS = 16;

// ---- Images of transactions at a read --------------------------------------------------------------

/** The image before, at an earlier read of the same transaction, or 0. */
export const IMAGE_PREVIOUS = 0;
/** 1 where the read met an estimate, 0 where it was answered. */
export const IMAGE_SUSPENDED = 1;
/** Number of (location, cell) pairs that had been read; they follow, and then what the machine wrote. */
export const IMAGE_READ_COUNT = 2;
export const IMAGE_READS = 3;

// ---- Cells ---------------------------------------------------------------------------------------

/** Writer: index of the transaction; steps before the transactions are negative, database values CELL_FROM_DATABASE. */
export const CELL_WRITER = 0;
/** 2 · incarnation, plus 1 for a reset marker, which reads as zero. */
export const CELL_TAG = 1;
export const CELL_VALUE = 2;
export const CELL_FROM_DATABASE = -0x40000000;

/** Value words of a code cell: which heap holds the code record, and its reference (0 = no code). */
export const CODE_CELL_HEAP = 0;
export const CODE_CELL_REFERENCE = 1;
export const CODE_CELL_WORDS = 2;

/** Code record: CODE_HASH_WORDS words of hash, length in bytes, then the bytes. */
export const CODE_HASH = 0;
export const CODE_HASH_WORDS = 8;
export const CODE_LENGTH = 8;
export const CODE_BYTES = 9;

// ---- Locations -----------------------------------------------------------------------------------

export const KIND_BASICS = 0;
export const KIND_CODE = 1;
export const KIND_STORAGE = 2;
/** The account's storage reset: destroyed or created (docs/block-stm.md, "Many versions of one location"). */
export const KIND_RESET = 3;
/** Whether the account has storage at all (EIP-7610): a read that covers every slot. */
export const KIND_PRESENCE = 4;

/** Any location, be it a part of an account's row or a slot's row. */
export const LOCATION_KIND = 0;
/** Cell with the database's value. */
export const LOCATION_ORIGIN = 1;
/** Cell with the value before the block's transactions (serial execution: the current value); 0 for "never reset". */
export const LOCATION_BASE = 2;
/** Newest entry of the version chain. */
export const LOCATION_HEAD = 3;
/** For storage and presence: the account's reset location; else 0. */
export const LOCATION_RESET = 4;
/** Words of a location that every kind has. */
export const LOCATION_WORDS = 5;

/** A row of the table: a location (for an account its basics), then the links and the key by which it is found. */
export const ROW_HASH = 5;
/** Next row in the bucket; written before the row is published. */
export const ROW_NEXT = 6;
export const ROW_KEY = 7;
/** Key of an account's row: the address. */
export const ROW_ADDRESS = ROW_KEY;
/** Key of a slot's row: the slot, and the account whose reset location it names. */
export const ROW_SLOT = ROW_KEY;
/** The database's row of the account, or 0. */
export const ROW_STORED = 12;
/** The account's other locations, in the same row: each names one only together with the others. */
export const ROW_CODE = 13;
export const ROW_RESET = 18;
export const ROW_PRESENCE = 23;
/** Cells with what the database holds. */
export const ROW_BASICS_CELL = 28;
export const ROW_CODE_CELL = 41;
export const ROW_PRESENCE_CELL = 45;
/** Words of an account's row: three cache lines. */
export const ACCOUNT_ROW_WORDS = 48;
export const ROW_SLOT_CELL = 15;
/** Words of a slot's row. */
export const SLOT_ROW_WORDS = 25;

// ---- Lists of a table's rows ---------------------------------------------------------------------------

export const ROW_LIST_NEXT = 0;
export const ROW_LIST_COUNT = 1;
/** References of rows: an account's row stands for all its locations. */
export const ROW_LIST_ROWS = 2;

/** Version-chain entry: one per transaction that ever wrote the location. */
export const ENTRY_TRANSACTION = 0;
/** Next entry, of a lower transaction. */
export const ENTRY_NEXT = 1;
/**
 * Cell, with ENTRY_ESTIMATE set where it is an estimate, and ENTRY_CREDIT where the balance in it is to be
 * added to the version below; 0 where the last incarnation did not write.
 */
export const ENTRY_CELL = 2;
export const ENTRY_WORDS = 3;
export const ENTRY_ESTIMATE = 0x4000_0000;
/** The sign bit: an entry's word is below zero where it is a credit. */
export const ENTRY_CREDIT = -0x8000_0000;
/** The cell's reference in an entry's word. */
export const ENTRY_REFERENCE = 0x3fff_ffff;

// ---- Database ------------------------------------------------------------------------------------

export const DB_ACCOUNT_TABLE = 2;
export const DB_ACCOUNT_MASK = 3;
export const DB_ACCOUNT_COUNT = 4;
export const DB_SLOT_TABLE = 5;
export const DB_SLOT_MASK = 6;
export const DB_SLOT_COUNT = 7;
/** Seed of the database's hash tables. */
export const DB_SEED = 8;
/** Oldest account row; rows are linked so that they can be walked. */
export const DB_FIRST_ACCOUNT = 9;
export const DB_LAST_ACCOUNT = 10;
/** Counts how often the database was cleared: references into it are then void. */
export const DB_EPOCH = 11;
export const DB_END = 16;

/** 1 while an executor uses the places' {@link PLACE_LOCATION}. */
export const DB_LENT = 12;
/** What {@link PLACE_LOCATION} is at least where the next executor has set it. */
export const DB_LOCATIONS = 13;

/** An entry of the database's tables: a row, or 0, and its hash. */
export const PLACE_ROW = 0;
export const PLACE_HASH = 1;
/** Row of a location table that stands for it, plus a number that grows from block to block (`state/places.ts`). */
export const PLACE_LOCATION = 2;
/** Four places to a cache line. */
export const PLACE_WORDS = 4;

export const ACCOUNT_ADDRESS = 0;
/** BASICS_WORDS words: exists, nonce, balance. */
export const ACCOUNT_BASICS = 5;
/** Code record, or 0. */
export const ACCOUNT_CODE = 16;
/** Newest slot row of the account. */
export const ACCOUNT_SLOTS = 17;
/** Number of slots that are not zero. */
export const ACCOUNT_SLOT_COUNT = 18;
export const ACCOUNT_NEXT = 19;
export const ACCOUNT_WORDS = 20;

export const SLOT_ACCOUNT = 0;
export const SLOT_KEY = 1;
export const SLOT_VALUE = 9;
export const SLOT_NEXT = 17;
export const SLOT_WORDS = 18;

// ---- Transaction records -------------------------------------------------------------------------
// What a machine needs of a transaction, computed once before the block runs. The first
// RECORD_MACHINE_WORDS are copied into the machine as they are; the rest lies behind, with the parts
// of variable length. 64-bit fields stand at even words. Addresses are 256-bit values.

export const RECORD_TYPE = 0;
/** 0, or 1 + the position in TRANSACTION_ERRORS of what makes the transaction invalid whatever the state is. */
export const RECORD_STATIC = 1;
export const RECORD_FLAGS = 2;
/** Bytes of calldata. */
export const RECORD_DATA_LENGTH = 3;
export const RECORD_NONCE = 4;
export const RECORD_GAS_LIMIT = 6;
export const RECORD_INTRINSIC = 8;
/** The least gas that is charged (EIP-7623). */
export const RECORD_FLOOR = 10;
export const RECORD_BLOB_GAS = 12;
/** Gas limit less intrinsic gas. */
export const RECORD_MESSAGE_GAS = 14;
export const RECORD_SENDER = 16;
export const RECORD_TO = 24;
export const RECORD_VALUE = 32;
/** Effective gas price. */
export const RECORD_PRICE = 40;
/** What the beneficiary gets per gas. */
export const RECORD_TIP = 48;
/** What the sender must own: gas and blob gas at their maximum prices, and the value. */
export const RECORD_DUE = 56;
/** What is taken before the message: gas and blob gas at their effective prices. */
export const RECORD_UPFRONT = 64;
export const RECORD_MACHINE_WORDS = 72;
export const RECORD_MAX_FEE = 72;
export const RECORD_MAX_PRIORITY_FEE = 80;
export const RECORD_MAX_BLOB_FEE = 88;
export const RECORD_CHAIN_ID = 96;
/** Places of the variable parts, in words from the record's start, and their numbers of items. */
export const RECORD_DATA = 104;
export const RECORD_ACCESS = 105;
export const RECORD_ACCESS_COUNT = 106;
export const RECORD_BLOBS = 107;
export const RECORD_BLOB_COUNT = 108;
export const RECORD_AUTHORIZATIONS = 109;
export const RECORD_AUTHORIZATION_COUNT = 110;
/** Words of the whole record. */
export const RECORD_SIZE = 111;
export const RECORD_WORDS = 112;

export const RECORD_CREATES = 1;
export const RECORD_HAS_CHAIN_ID = 2;
/** The due sum does not fit in 256 bits, so nobody can pay it. */
export const RECORD_UNPAYABLE = 4;
/** The beneficiary is sender, recipient or authority: its fee is an ordinary write. */
export const RECORD_INVOLVES_BENEFICIARY = 8;
/** Value goes to another account, neither the beneficiary nor one that an authorization may change: if it has no code, only its balance grows. */
export const RECORD_CREDITS = 16;

/** An access list's entry: address as a 256-bit value, number of slots, then the slots. */
export const ACCESS_SLOT_COUNT = 8;
export const ACCESS_SLOTS = 10;

// ---- Outcome records -----------------------------------------------------------------------------
// What one incarnation came to. Behind the fixed words: logs as the machine left them, the output,
// and text where there is any.

export const OUTCOME_KIND = 0;
/** Executed: 1 for success. Invalid: position in TRANSACTION_ERRORS. */
export const OUTCOME_CODE = 1;
export const OUTCOME_GAS_USED = 2;
/** Why the message failed: a halt code of the machine, or HALT_TEXT; 0 after success. */
export const OUTCOME_HALT = 4;
/** Bytes. */
export const OUTCOME_OUTPUT_LENGTH = 5;
export const OUTCOME_LOG_COUNT = 6;
export const OUTCOME_LOG_WORDS = 7;
export const OUTCOME_CREATED = 8;
export const OUTCOME_CREATED_ADDRESS = 9;
export const OUTCOME_BLOB_GAS = 14;
/** Fee left for the commit lane to fold; 0 where it was written. */
export const OUTCOME_FEE = 16;
export const OUTCOME_WORDS = 24;

export const OUTCOME_INVALID = 0;
export const OUTCOME_EXECUTED = 1;
export const OUTCOME_FAILED = 2;
export const OUTCOME_HALT_TEXT = 0xffffffff;

/** A log: its account as a 256-bit value, number of topics, bytes of data, topics, data. The next begins at an even word. */
export const LOG_ADDRESS = 0;
export const LOG_TOPIC_COUNT = 8;
export const LOG_DATA_LENGTH = 9;
export const LOG_TOPICS = 10;
