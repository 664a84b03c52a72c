import { z } from 'zod'

const pattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Of the tenants with which an installation tests its wall. */
export const canarySlugPrefix = 'smt-canary-'

/** Whether a text can name a tenant at all. */
export function isSlug(text: string): boolean {
  return pattern.test(text)
}

/** Whether the installation keeps this name for itself. */
export function isReservedSlug(text: string): boolean {
  return text.startsWith(canarySlugPrefix)
}

/** Of a new tenant. */
export const tenantSlug = z
  .string()
  .regex(pattern, 'A slug has 1 to 63 characters of a-z, 0-9 and "-", and neither begins nor ends with "-".')
  .refine((text) => !isReservedSlug(text), `Slugs that begin with "${canarySlugPrefix}" are reserved.`)
