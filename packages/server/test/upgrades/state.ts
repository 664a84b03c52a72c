import { z } from 'zod'

/** What is true of a stored installation: who can log in, and what was told and what waits. */
export const stateSchema = z.object({
  commit: z.string(),
  /** The last migration that the state has seen. */
  migration: z.string(),
  /** Base64; beside a data directory it is in `master.key` as well. */
  masterKey: z.string(),
  apiKey: z.string(),
  /** The newest block of the scripted chain when the state was stored. */
  head: z.number(),
  /** `webhook-id`s of alerts that the receiver had accepted. */
  told: z.array(z.string()),
  /** `webhook-id`s of alerts that the receiver had refused so far. */
  refused: z.array(z.string()),
  /** A block whose match had no delivery yet. */
  blockInOutbox: z.number(),
})
export type State = z.infer<typeof stateSchema>

/** Where the stored triggers and networks lead; below the range from which systems give ports away. */
export const ports = { receiver: 28_731, node: 28_732 }

export const owner = { slug: 'acme', email: 'owner@acme.example', password: 'a long passphrase of acme' }
export const stranger = { slug: 'globex', email: 'owner@globex.example', password: 'a long passphrase of globex' }

/** Of the trigger `hook`. */
export const webhookSecret = 'a secret that signs what is sent'
