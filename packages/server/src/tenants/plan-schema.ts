import { z } from 'zod'
import { quotaNames, type QuotaName } from './quota-store.ts'
import { tenantSlug } from './tenant-slug.ts'

/** A limit of a quota, as counters hold it. */
export const quotaLimit = z.int().min(0).max(2_147_483_647)

const limitsShape = Object.fromEntries(quotaNames.map((quota) => [quota, quotaLimit]))

/** All five limits: a plan leaves none open. */
const limits = z.strictObject(limitsShape as Record<QuotaName, typeof quotaLimit>)

const weight = z.int().min(1).max(100).meta({ description: 'Turns in sending where a tenant of weight 1 has one.' })

/** Names are written in URLs and shown to tenants. */
export const planName = tenantSlug

export const planBody = z.strictObject({
  description: z.string().trim().max(1_000).default('').meta({ description: 'For operators: tenants see the name.' }),
  limits,
  delivery_weight: weight.default(1),
})

export const planAnswer = z
  .object({
    name: z.string(),
    description: z.string(),
    limits,
    delivery_weight: weight,
    tenants: z.int().meta({ description: 'How many have it.' }),
    version: z.int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Plan', description: 'What tenants may use, and their share in sending.' })
