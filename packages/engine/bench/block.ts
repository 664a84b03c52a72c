import { keccak256 } from '@smt/engine'
import { crowdedAddress, crowdedPairs, hitsMax, party, spreadAddress } from './monitors.ts'

const transactionCount = 200
const logCount = 500
const crowdedLogs = 100

const word = (value: number | bigint): string => value.toString(16).padStart(64, '0')
const hash = (number: number): string => `0x${word(number)}`
const topic = (address: string): string => `0x${address.slice(2).padStart(64, '0')}`
const transferTopic = keccak256('Transfer(address,address,uint256)')

/** The texts of two answers of a node about a block the size of Ethereum's: 200 transactions, 500 logs. */
export function nodeAnswers(): { block: string; logs: string } {
  const transactions = Array.from({ length: transactionCount }, (_, index) => ({
    hash: hash(0x1000 + index),
    nonce: '0x1f',
    blockHash: hash(1),
    blockNumber: '0x1451aca',
    transactionIndex: `0x${index.toString(16)}`,
    from: party(1_000_000_000 + index),
    to: party(2_000_000_000 + index),
    value: '0xde0b6b3a7640000',
    gasPrice: '0x2540be400',
    gas: '0x5208',
    // Four hundred bytes of input are about the mean.
    input: `0x38ed1739${word(index).repeat(12)}`,
    v: '0x1',
    r: hash(7),
    s: hash(8),
    type: '0x2',
    accessList: [],
    maxFeePerGas: '0x2540be400',
    maxPriorityFeePerGas: '0x3b9aca00',
    yParity: '0x1',
    chainId: '0x1',
  }))
  const logs = Array.from({ length: logCount }, (_, index) => ({
    address: emitterOf(index),
    topics: [transferTopic, topic(party(3_000_000_000 + index)), topic(party(4_000_000_000 + index))],
    data: `0x${word(10n ** 20n + BigInt(index))}`,
    blockHash: hash(1),
    blockNumber: '0x1451aca',
    transactionHash: hash(0x1000 + (index % transactionCount)),
    transactionIndex: `0x${(index % transactionCount).toString(16)}`,
    logIndex: `0x${index.toString(16)}`,
    removed: false,
  }))
  const block = {
    number: '0x1451aca',
    hash: hash(1),
    parentHash: hash(0),
    timestamp: '0x674a1b2c',
    logsBloom: `0x${'ff'.repeat(256)}`,
    transactions,
  }
  return { block: JSON.stringify(block), logs: JSON.stringify(logs) }
}

/** Ten logs that hit, a hundred of crowded addresses, the rest of addresses that nobody watches. */
function emitterOf(index: number): string {
  // The monitor at 9 is crowded in one of the shapes.
  if (index < hitsMax) return spreadAddress(index === 9 ? 10 : index)
  if (index < hitsMax + crowdedLogs) return crowdedAddress(index % crowdedPairs)
  return party(5_000_000_000 + index)
}
