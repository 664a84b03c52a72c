import { randomBytes } from 'node:crypto'
import { uuidv7 } from 'uuidv7'

/** Identifiers and randomness as a dependency. */
export type Ids = {
  /** A time-ordered UUID (RFC 9562, version 7). */
  uuid(): string
  /** Cryptographically strong random bytes. */
  random(sizeBytes: number): Buffer
}

export const systemIds: Ids = {
  uuid: () => uuidv7(),
  random: (sizeBytes) => randomBytes(sizeBytes),
}
