/** Node answers for tests: block 16 with the hash 0xb1 and the transactions 1 and 2; hashes are small padded numbers. */
export function address(number: number): string {
  return `0x${number.toString(16).padStart(40, '0')}`
}

export function hash(number: number): string {
  return `0x${number.toString(16).padStart(64, '0')}`
}

type Parts = Record<string, unknown>

export function nodeBlock(parts: Parts = {}, transactionHashes: readonly string[] = [hash(1), hash(2)]): Parts {
  return {
    number: '0x10',
    hash: hash(0xb1),
    parentHash: hash(0xb0),
    timestamp: '0x65',
    transactions: transactionHashes.map(nodeTransaction),
    ...parts,
  }
}

function nodeTransaction(transactionHash: string): Parts {
  return {
    hash: transactionHash,
    nonce: '0x1',
    blockHash: hash(0xb1),
    blockNumber: '0x10',
    transactionIndex: '0x0',
    from: address(0xf0),
    to: address(0xf1),
    value: '0x0',
    gasPrice: '0x3b9aca00',
    gas: '0x5208',
    input: '0x',
  }
}

export function nodeLog(parts: Parts = {}): Parts {
  return { address: address(0xaa), topics: [], data: '0x', blockHash: hash(0xb1), transactionHash: hash(1), ...parts }
}

export function nodeReceipt(transactionHash: string, parts: Parts = {}): Parts {
  return {
    transactionHash,
    transactionIndex: '0x0',
    blockHash: hash(0xb1),
    blockNumber: '0x10',
    from: address(0xf0),
    to: address(0xf1),
    cumulativeGasUsed: '0x5208',
    gasUsed: '0x5208',
    logs: [],
    status: '0x1',
    ...parts,
  }
}
