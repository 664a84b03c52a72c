import { z } from 'zod'
import { stellarSpecSchema } from '../config/stellar-spec.ts'
import { readUpstream } from './upstream-fixture.ts'

const transactions = z.array(
  z.object({
    status: z.string(),
    txHash: z.string(),
    envelopeXdr: z.string(),
    resultXdr: z.string(),
    resultMetaXdr: z.string(),
    diagnosticEventsXdr: z.array(z.string()).default([]),
  }),
)

const events = z.array(
  z.object({ txHash: z.string(), contractId: z.string(), topic: z.array(z.string()), value: z.string() }),
)

/** OZ Monitor's test data for Stellar; what is known of it stands in EXPECTED.md beside it. */
export function upstreamTransactions() {
  return transactions.parse(readUpstream('stellar/transactions.json'))
}

export function upstreamEvents() {
  return events.parse(readUpstream('stellar/events.json'))
}

export function upstreamSpec(name: 'contract_spec' | 'contract_spec_with_events') {
  return stellarSpecSchema.parse(readUpstream(`stellar/contract_specs/${name}.json`))
}
