import { hash, verify } from '@node-rs/argon2'
import { AppError, type Problem } from '../platform/errors.ts'
import { commonPasswords } from './common-passwords.ts'

/** Hashes and checks passwords with argon2id (security.md 3: m=19456 KiB, t=2, p=1), at most so many at once. */
export type Passwords = {
  /**
   * Looks up a hash and checks a password against it, both in one turn: a flood waits, or is refused, before its queries.
   * @throws AppError `busy` when too many wait.
   */
  verifyFound(find: () => Promise<string | undefined>, password: string): Promise<boolean>
  hash(password: string): Promise<string>
  /** Takes the same time without a stored hash, so that an unknown e-mail cannot be told from a wrong password. */
  verify(stored: string | undefined, password: string): Promise<boolean>
}

export type PasswordOptions = {
  /** Hashes at once; each takes about 10 ms and 19 MiB. */
  concurrency: number
  /** Calls that may wait for their turn; more are refused, since a flood of logins is a flood of CPU time. */
  waitersMax?: number
}

/** What libuv has unless UV_THREADPOOL_SIZE says otherwise: for files, names, signatures, and these hashes. */
const poolThreads = 4

/**
 * Hashes at once on so many cores: at most twice the cores, but always a core less than there are, and two threads of
 * the pool less, so that a flood of logins leaves both to everything else.
 */
export function passwordConcurrency(cores: number): number {
  return Math.max(Math.min(2 * cores, cores - 1, poolThreads - 2), 1)
}

export const argon2Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

// The hash of a password that nobody has, made with the same cost.
const nobodysHash = '$argon2id$v=19$m=19456,t=2,p=1$c210LW5vYm9keS1zYWx0$CQYxF0rXQZr1yqYhH2zb2mUVj8T5pUO0sF4wqXv1b7M'

export function createPasswords({ concurrency, waitersMax = 32 }: PasswordOptions): Passwords {
  let running = 0
  const waiting: (() => void)[] = []

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < concurrency) running += 1
    else if (waiting.length >= waitersMax) {
      throw busy()
    } else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      // A turn passes straight to the longest waiter.
      const next = waiting.shift()
      if (next !== undefined) next()
      else running -= 1
    }
  }

  return {
    hash: (password) => inTurn(() => hash(password, argon2Options)),
    verify: (stored, password) => inTurn(() => isPasswordOf(stored, password)),
    verifyFound: (find, password) => inTurn(async () => isPasswordOf(await find(), password)),
  }
}

async function isPasswordOf(stored: string | undefined, password: string): Promise<boolean> {
  const isRight = await verify(stored ?? nobodysHash, password)
  return stored !== undefined && isRight
}

function busy(): AppError {
  return new AppError('busy', 'Too many logins at the same time. Try again shortly.', { retryAfterS: 1 })
}

const lengthMin = 8
const lengthMax = 256

/** What speaks against a new password: its length, or that everybody tries it first. No composition rules. */
export function passwordProblems(password: string, pointer: string): Problem[] {
  const length = Array.from(password).length
  if (length < lengthMin || length > lengthMax) {
    const message = `A password has ${lengthMin} to ${lengthMax} characters.`
    return [{ pointer, code: length < lengthMin ? 'too_short' : 'too_long', message }]
  }
  if (!commonPasswords.has(password.toLowerCase())) return []
  return [{ pointer, code: 'common_password', message: 'This password is one of the first that are tried.' }]
}
