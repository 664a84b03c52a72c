import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { stellarSpecSchema } from '../config/stellar-spec.ts'

const path = resolve(import.meta.dirname, '../../vectors/stellar-vectors.json')

const argument = z.object({ name: z.string(), value: z.string(), kind: z.string(), indexed: z.boolean() })

const vectorsSchema = z.object({
  contract: z.string(),
  account: z.string(),
  account2: z.string(),
  muxed_account: z.string(),
  function_spec: stellarSpecSchema,
  event_spec: stellarSpecSchema,
  scval: z.array(
    z.object({
      id: z.string(),
      desc: z.string(),
      xdr: z.string(),
      runtime_type: z.string(),
      event_value: z.string(),
      function_json: z.string(),
      function_param_without_spec: argument,
    }),
  ),
  functions: z.array(
    z.object({
      id: z.string(),
      desc: z.string(),
      envelopeXdr: z.string(),
      contract: z.string(),
      signature: z.string(),
      params: z.array(argument).nullable(),
      skipped_because: z.string().nullable(),
    }),
  ),
  transactions: z.array(
    z.object({
      id: z.string(),
      desc: z.string(),
      envelopeXdr: z.string(),
      operation_param_sets: z.array(z.object({ value: z.string(), from: z.string(), to: z.string() })),
      base_params_only: z.boolean(),
    }),
  ),
  events: z.array(
    z.object({
      id: z.string(),
      desc: z.string(),
      spec: z.enum(['event_spec']).nullable(),
      contractId: z.string(),
      topic: z.array(z.string()),
      value: z.string().nullable(),
      decoded: z.object({ signature: z.string(), args: z.array(argument) }).nullable(),
    }),
  ),
})

/** The rows V, F, T and E of spec/05 §15 with their XDR. */
export const stellarVectors = vectorsSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
