import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { JsonRpc } from './json-rpc.ts'

export type Transfer = {
  from: string
  to: string
  value: bigint
  /** A limit of its own, so that a transfer that must fail is mined without an estimate. */
  gas?: bigint
}

export type Token = {
  address: string
  /** The JSON ABI, as `contract_spec` of a monitor takes it. */
  abi: unknown[]
  transfer(transfer: Transfer): Promise<string>
  mint(mint: { from: string; to: string; value: bigint }): Promise<string>
  waitForReceipt(txHash: string): Promise<Record<string, unknown>>
}

const transferSelector = '0xa9059cbb'
const mintSelector = '0x40c10f19'

/** Compiles contracts/token.sol and deploys it from the chain's first account, which then owns 10^27 units. */
export async function deployToken(rpc: JsonRpc): Promise<Token> {
  const { abi, bytecode } = await compileToken()
  const accounts = await rpc('eth_accounts', [])
  const deployer = Array.isArray(accounts) ? String(accounts[0]) : ''
  const send = async (transaction: Record<string, unknown>) => String(await rpc('eth_sendTransaction', [transaction]))
  const waitForReceipt = async (txHash: string) => {
    const deadline = Date.now() + 30_000
    for (;;) {
      const receipt = await rpc('eth_getTransactionReceipt', [txHash])
      if (typeof receipt === 'object' && receipt !== null) return { ...receipt }
      if (Date.now() > deadline) throw new Error(`transaction ${txHash} was not mined`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const receipt: Record<string, unknown> = await waitForReceipt(await send({ from: deployer, data: bytecode }))
  const address = String(receipt['contractAddress'])
  const callWith = (selector: string, to: string, value: bigint) => selector + word(BigInt(to)) + word(value)
  return {
    address,
    abi,
    transfer: ({ from, to, value, gas }) =>
      send({
        from,
        to: address,
        data: callWith(transferSelector, to, value),
        ...(gas === undefined ? {} : { gas: `0x${gas.toString(16)}` }),
      }),
    mint: ({ from, to, value }) => send({ from, to: address, data: callWith(mintSelector, to, value) }),
    waitForReceipt,
  }
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

type Compiled = { abi: unknown[]; bytecode: string }

async function compileToken(): Promise<Compiled> {
  const source = await readFile(new URL('../contracts/token.sol', import.meta.url), 'utf8')
  // solc is a CommonJS package without types: one function, JSON in and JSON out.
  const solc: unknown = createRequire(import.meta.url)('solc')
  if (typeof solc !== 'object' || solc === null || !('compile' in solc) || typeof solc.compile !== 'function') {
    throw new Error('solc has no compile function')
  }
  const input = {
    language: 'Solidity',
    sources: { 'token.sol': { content: source } },
    settings: {
      optimizer: { enabled: true },
      evmVersion: 'paris',
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  }
  const output: unknown = JSON.parse(String(solc.compile(JSON.stringify(input))))
  const contract = pick(output, 'contracts', 'token.sol', 'Token')
  const abi = pick(contract, 'abi')
  const bytecode = pick(contract, 'evm', 'bytecode', 'object')
  if (!Array.isArray(abi) || typeof bytecode !== 'string')
    throw new Error(`the token did not compile: ${JSON.stringify(output)}`)
  return { abi, bytecode: `0x${bytecode}` }
}

function pick(value: unknown, ...path: string[]): unknown {
  let part = value
  for (const key of path) {
    part =
      typeof part === 'object' && part !== null ? new Map<string, unknown>(Object.entries(part)).get(key) : undefined
  }
  return part
}
