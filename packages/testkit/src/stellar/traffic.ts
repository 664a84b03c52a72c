import { stellarOperation } from './operations.ts'
import type { StellarSimulator } from './simulator.ts'
import { tokenSpec } from './token-contract.ts'

/** Something to watch: payments, swaps, token transfers, some that fail. */
export type Traffic = {
  tokenContract: string
  /** Submits the next transaction; answers its hash. */
  next(): string
}

/** The transactions repeat in the same order with growing amounts. */
export function createTraffic(simulator: StellarSimulator): Traffic {
  const { alice, bob, carol, issuer } = simulator.accounts
  const usdc = `USDC:${issuer}`
  const { contractId } = simulator.deploy({ name: 'token', spec: tokenSpec })
  const { payment, pathPaymentStrictSend, tokenTransfer } = stellarOperation
  let n = 0
  const kinds = [
    (amount: bigint) => simulator.submit({ source: alice, operations: [payment({ to: bob, asset: usdc, amount })] }),
    (amount: bigint) =>
      simulator.submit({
        source: alice,
        operations: [tokenTransfer({ contractId, from: alice, to: bob, amount })],
      }),
    (amount: bigint) =>
      simulator.submit({
        source: bob,
        operations: [
          pathPaymentStrictSend({
            to: alice,
            sendAsset: 'native',
            destAsset: usdc,
            sendAmount: amount * 2n,
            destAmount: amount,
            seller: carol,
          }),
        ],
      }),
    (amount: bigint) =>
      simulator.submit({ source: carol, operations: [payment({ to: bob, asset: usdc, amount })], fails: true }),
  ]
  return {
    tokenContract: contractId,
    next: () => {
      const kind = kinds[n % kinds.length]
      n += 1
      if (kind === undefined) throw new Error('there is always a next kind')
      return kind(10_000_000n * BigInt(n))
    },
  }
}
