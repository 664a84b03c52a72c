import type { TenantTx } from '../platform/db/tx.ts'
import { AppError, InvalidObjectError, NotFoundError } from '../platform/errors.ts'
import { insertAuditEvent, type AuditEvent } from './audit-store.ts'
import { assertMay } from './authenticate.ts'
import {
  deleteMember,
  findCandidate,
  findMember,
  insertMember,
  lockMembers,
  updateMember,
  type MemberRow,
} from './member-store.ts'
import type { Role } from './permissions.ts'
import type { Authority } from './route.ts'
import type { WriteContext } from './write-context.ts'

const unknownAccount = 'unknown_account'

export type MemberContext = WriteContext & { authority: Authority }

/** Who belongs to a tenant. Owners are made, changed and removed by owners alone, and one always remains. */
export type MemberService = {
  add(tx: TenantTx, context: MemberContext, member: { email: string; role: Role }): Promise<MemberRow>
  changeRole(tx: TenantTx, context: MemberContext, member: { userId: string; role: Role }): Promise<MemberRow>
  remove(tx: TenantTx, context: MemberContext, userId: string): Promise<void>
}

export function createMemberService(): MemberService {
  const get = async (tx: TenantTx, userId: string): Promise<MemberRow> => {
    const member = await findMember(tx, userId)
    if (member === undefined) throw new NotFoundError('The member')
    return member
  }

  /** The member to be changed, with all owners locked; refuses to take the last owner's role. */
  const lock = async (
    tx: TenantTx,
    { tenantId, authority }: MemberContext,
    { userId, newRole }: { userId: string; newRole: Role | undefined },
  ): Promise<MemberRow> => {
    const locked = await lockMembers(tx, tenantId, userId)
    const current = locked.find((member) => member.userId === userId)
    if (current === undefined) throw new NotFoundError('The member')
    if (current.role === 'owner' || newRole === 'owner') assertMay(authority, 'owners:write')
    const owners = locked.filter((member) => member.role === 'owner')
    if (current.role === 'owner' && newRole !== 'owner' && owners.length === 1) {
      throw new AppError('conflict', 'The last owner of a tenant stays its owner: make another one first.')
    }
    return get(tx, userId)
  }

  const audit = async (
    tx: TenantTx,
    { tenantId, actor, origin }: MemberContext,
    event: Pick<AuditEvent, 'action' | 'before' | 'after'> & { userId: string },
  ) => {
    const { userId, ...change } = event
    await insertAuditEvent(tx, tenantId, { actor, origin, target: { kind: 'member', id: userId }, ...change })
  }

  return {
    add: async (tx, context, { email, role }) => {
      if (role === 'owner') assertMay(context.authority, 'owners:write')
      const candidate = await findCandidate(tx, email)
      if (candidate === undefined) {
        const message = 'There is no account with this e-mail: the person registers first.'
        throw new InvalidObjectError([{ pointer: '/email', code: unknownAccount, message }])
      }
      const { userId } = candidate
      if (!(await insertMember(tx, context.tenantId, { userId, role }))) {
        throw new AppError('conflict', 'This person is a member already.')
      }
      const member = await get(tx, userId)
      await audit(tx, context, { action: 'member.create', userId, after: contentOf(member) })
      return member
    },

    changeRole: async (tx, context, { userId, role }) => {
      const stored = await lock(tx, context, { userId, newRole: role })
      if (stored.role === role) return stored
      await updateMember(tx, context.tenantId, { userId, role })
      const member = { ...stored, role }
      const change = { before: contentOf(stored), after: contentOf(member) }
      await audit(tx, context, { action: 'member.update', userId, ...change })
      return member
    },

    remove: async (tx, context, userId) => {
      const stored = await lock(tx, context, { userId, newRole: undefined })
      await deleteMember(tx, context.tenantId, userId)
      await audit(tx, context, { action: 'member.delete', userId, before: contentOf(stored) })
    },
  }
}

/** Whether somebody was to be added of whom there is no account. */
export function isUnknownAccount(error: unknown): boolean {
  return error instanceof InvalidObjectError && error.problems.some(({ code }) => code === unknownAccount)
}

function contentOf({ email, role }: MemberRow) {
  return { email, role }
}
