import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { freePort } from './free-port.ts'

export type ScriptedEvmNodeOptions = {
  /** A free one when it is left out. */
  port?: number
  /** The number of the newest block at the start. */
  head?: number
  /** The contracts whose transfers a block holds, one transaction each. One transfer of `scriptedToken` when left out. */
  tokensOf?: (blockNumber: number) => readonly string[]
  /** Seconds since the epoch; each block is one second younger than the next when left out. */
  timeOf?: (blockNumber: number) => number
}

/** A JSON-RPC node of a chain that is a function of the block number: the same in every process and every year. */
export type ScriptedEvmNode = {
  url: string
  head(): number
  /** Makes new blocks and answers the number of the newest. */
  mine(count?: number): number
  /** The transaction of a block, by its place in it. */
  txHashOf(blockNumber: number, index?: number): string
  stop(): Promise<void>
}

export const scriptedToken = `0x${'aa'.padStart(40, '0')}`

/** The one event of the chain, as a monitor's `contract_spec`. */
export const scriptedTokenAbi = [
  {
    type: 'event',
    name: 'Transfer',
    anonymous: false,
    inputs: [
      { name: 'from', type: 'address', indexed: true },
      { name: 'to', type: 'address', indexed: true },
      { name: 'value', type: 'uint256', indexed: false },
    ],
  },
]

const chainId = 31_337
/** keccak256 of `Transfer(address,address,uint256)`. */
const transferTopic = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'
const party = (digit: string) => `0x${digit.padStart(40, '0')}`
const word = (hex: string) => `0x${hex.padStart(64, '0')}`
const hex = (value: number) => `0x${value.toString(16)}`
const hashOf = (text: string) => `0x${createHash('sha256').update(text).digest('hex')}`
const blockHash = (number: number) => hashOf(`scripted block ${number}`)
const txHashOf = (number: number, index = 0) => hashOf(`scripted transaction ${index} of block ${number}`)

/** Starts the node on the loopback address. */
export async function startScriptedEvmNode(options: ScriptedEvmNodeOptions = {}): Promise<ScriptedEvmNode> {
  const { tokensOf = () => [scriptedToken], timeOf = (number) => 1_700_000_000 + number } = options
  const port = options.port ?? (await freePort())
  let head = options.head ?? 100
  const numberOf = new Map<string, number>()

  const placeOf = (number: number) => ({ blockHash: blockHash(number), blockNumber: hex(number) })
  const transactionOf = (number: number, token: string, index: number) => ({
    ...placeOf(number),
    hash: txHashOf(number, index),
    transactionIndex: hex(index),
    from: party('1'),
    to: token,
    nonce: hex(number),
    value: '0x0',
    gasPrice: '0x1',
    gas: '0x5208',
    input: '0x',
  })
  const logOf = (number: number, token: string, index: number) => ({
    ...placeOf(number),
    address: token,
    transactionHash: txHashOf(number, index),
    transactionIndex: hex(index),
    topics: [transferTopic, word('1'), word('2')],
    data: word(number.toString(16)),
    logIndex: hex(index),
    removed: false,
  })
  const blockOf = (number: number, isFull: boolean) => {
    numberOf.set(blockHash(number), number)
    const transactions = tokensOf(number).map((token, index) => transactionOf(number, token, index))
    return {
      number: hex(number),
      hash: blockHash(number),
      parentHash: blockHash(number - 1),
      timestamp: hex(timeOf(number)),
      transactions: isFull ? transactions : transactions.map(({ hash }) => hash),
    }
  }
  const receiptOf = (number: number, token: string, index: number) => ({
    ...placeOf(number),
    transactionHash: txHashOf(number, index),
    transactionIndex: hex(index),
    cumulativeGasUsed: '0x5208',
    gasUsed: '0x5208',
    status: '0x1',
    logs: [logOf(number, token, index)],
    logsBloom: `0x${'0'.repeat(512)}`,
  })
  const ifMined = (wanted: unknown, read: (number: number) => unknown) => {
    const number = Number(wanted)
    return number <= head ? read(number) : null
  }
  const methods: Record<string, (params: unknown[]) => unknown> = {
    eth_chainId: () => hex(chainId),
    eth_blockNumber: () => hex(head),
    eth_getBlockByNumber: ([wanted, isFull]) => ifMined(wanted, (number) => blockOf(number, isFull === true)),
    eth_getLogs: ([filter]) => {
      const asked = (filter as { blockHash?: string }).blockHash ?? ''
      const number = numberOf.get(asked)
      return number === undefined ? [] : tokensOf(number).map((token, index) => logOf(number, token, index))
    },
    eth_getBlockReceipts: ([wanted]) => {
      const number = numberOf.get(String(wanted)) ?? Number(wanted)
      return tokensOf(number).map((token, index) => receiptOf(number, token, index))
    },
  }
  const answer = (request: { id: unknown; method: string; params?: unknown[] }): object => {
    const method = methods[request.method]
    const common = { jsonrpc: '2.0', id: request.id }
    if (method === undefined) return { ...common, error: { code: -32_601, message: 'method not found' } }
    return { ...common, result: method(request.params ?? []) }
  }

  const server = createServer((incoming, outgoing) => {
    void readBody(incoming).then((text) => {
      outgoing.writeHead(200, { 'content-type': 'application/json' })
      outgoing.end(JSON.stringify(answer(JSON.parse(text))))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${port}`,
    head: () => head,
    mine: (count = 1) => (head += count),
    txHashOf,
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}
