import { z } from 'zod'
import { type EvmAbi, evmAbiSchema } from './evm-abi.ts'
import { type SolanaIdl, solanaIdlSchema } from './solana-idl.ts'
import { type StellarSpec, stellarSpecSchema } from './stellar-spec.ts'

// Named, and the schema annotated with it: written out in every type that holds a contract, it exhausts the compiler.
export type ContractSpec = EvmAbi | StellarSpec | SolanaIdl

/**
 * The interface of a contract, told apart by its shape alone and in this order: EVM ABI, Stellar entries, Solana IDL
 * (spec/01 §5). `[]` therefore counts as an EVM ABI.
 */
export const contractSpecSchema: z.ZodType<ContractSpec> = z
  .union([evmAbiSchema, stellarSpecSchema, solanaIdlSchema], {
    error: 'must be an array (EVM ABI items or Stellar contract spec entries) or an object (legacy Anchor IDL)',
  })
  .describe('The interface of the contract: an EVM ABI, Stellar contract spec entries, or a legacy Anchor IDL.')
