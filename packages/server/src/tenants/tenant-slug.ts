import { z } from 'zod'

const pattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Whether a text can name a tenant at all. */
export function isSlug(text: string): boolean {
  return pattern.test(text)
}

export const tenantSlug = z
  .string()
  .regex(pattern, 'A slug has 1 to 63 characters of a-z, 0-9 and "-", and neither begins nor ends with "-".')
