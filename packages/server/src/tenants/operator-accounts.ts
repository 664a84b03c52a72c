import type { Database } from '../platform/db/doors.ts'
import { isViolationOf } from '../platform/db/database-error.ts'
import { AppError, InvalidObjectError, NotFoundError } from '../platform/errors.ts'
import type { Ids } from '../platform/ids.ts'
import { createOperatorUser, insertOperatorEvent, setOperator } from './operator-store.ts'
import { passwordProblems, type Passwords } from './password.ts'

/** Who the operators are. Said on the command line alone: no request makes an operator. */
export type OperatorAccounts = {
  /** Makes an operator of the account with this e-mail, or creates one with the password, when there is none. */
  create(account: { email: string; password: () => Promise<string> }): Promise<{ isNew: boolean }>
  /** The account stays, and with it what it is in tenants. Effective at once. */
  revoke(email: string): Promise<void>
}

export function createOperatorAccounts({
  database,
  ids,
  passwords,
}: {
  database: Pick<Database, 'withPlatform'>
  ids: Pick<Ids, 'uuid'>
  passwords: Pick<Passwords, 'hash'>
}): OperatorAccounts {
  const event = (action: string, email: string) => ({
    operator: { id: null, name: 'admin' },
    action,
    target: { kind: 'operator', id: email },
  })

  const promote = (email: string): Promise<boolean> =>
    database.withPlatform(async (tx) => {
      const user = await setOperator(tx, email, true)
      if (user !== undefined) await insertOperatorEvent(tx, event('operator.create', user.email))
      return user !== undefined
    })

  const found = async (email: string, password: string): Promise<void> => {
    const problems = passwordProblems(password, '/password')
    if (problems.length > 0) throw new InvalidObjectError(problems)
    const passwordHash = await passwords.hash(password)
    await database.withPlatform(async (tx) => {
      await createOperatorUser(tx, { id: ids.uuid(), email, passwordHash })
      await insertOperatorEvent(tx, event('operator.create', email))
    })
  }

  return {
    create: async ({ email, password }) => {
      if (await promote(email)) return { isNew: false }
      try {
        await found(email, await password())
        return { isNew: true }
      } catch (error) {
        if (isViolationOf(error, 'users_email'))
          throw new AppError('conflict', 'The account with this e-mail is not active.', { cause: error })
        throw error
      }
    },

    revoke: (email) =>
      database.withPlatform(async (tx) => {
        const user = await setOperator(tx, email, false)
        if (user === undefined) throw new NotFoundError('The account')
        await insertOperatorEvent(tx, event('operator.revoke', user.email))
      }),
  }
}
