import { z } from 'zod'

/** Roles of a tenant, weakest first. */
export const roles = ['viewer', 'member', 'admin', 'owner'] as const
export type Role = (typeof roles)[number]

export const resources = [
  'tenant',
  'owners',
  'members',
  'api_keys',
  'networks',
  'monitors',
  'triggers',
  'matches',
  'deliveries',
  'quota',
  'billing',
  'usage',
  'notices',
  'audit_events',
] as const
export type Resource = (typeof resources)[number]
export type Action = 'read' | 'write'
export type Permission = `${Resource}:${Action}`

/**
 * The permission table (design 9): the weakest role that may do a thing. What is not listed nobody may. Route checks,
 * key scopes, the OpenAPI document and the role tests are all made from this table.
 */
export const weakestRole = {
  'tenant:read': 'viewer',
  'networks:read': 'viewer',
  'monitors:read': 'viewer',
  'triggers:read': 'viewer',
  'matches:read': 'viewer',
  'deliveries:read': 'viewer',
  'quota:read': 'viewer',
  'usage:read': 'viewer',
  'notices:read': 'viewer',
  'monitors:write': 'member',
  'networks:write': 'admin',
  'triggers:write': 'admin',
  'deliveries:write': 'admin',
  'members:read': 'admin',
  'members:write': 'admin',
  'api_keys:read': 'admin',
  'api_keys:write': 'admin',
  'audit_events:read': 'admin',
  'billing:read': 'owner',
  'billing:write': 'owner',
  'owners:write': 'owner',
  'tenant:write': 'owner',
} as const satisfies Partial<Record<Permission, Role>>

export type GrantedPermission = keyof typeof weakestRole

// Object.keys is typed as string[]; the table is a constant.
export const grantedPermissions = Object.keys(weakestRole) as readonly GrantedPermission[]

/** What an API key may be given: machines never manage keys, members or the tenant itself beyond the creator's role. */
export type KeyPermission = { resource: Resource; actions: Action[] }

/** Key permissions as they come from a client and from the database. */
export const keyPermissionList = z.array(
  z.strictObject({
    resource: z.enum(resources),
    actions: z
      .array(z.enum(['read', 'write']))
      .min(1)
      .max(10),
  }),
)

/** The table's own name of a permission; undefined for what nobody may do. */
export function grantedPermissionOf(resource: Resource, action: Action): GrantedPermission | undefined {
  return grantedPermissions.find((permission) => permission === `${resource}:${action}`)
}

export function roleMay(role: Role, permission: GrantedPermission): boolean {
  return roles.indexOf(role) >= roles.indexOf(weakestRole[permission])
}

export function keyMay(
  permissions: readonly KeyPermission[],
  creatorRole: Role,
  permission: GrantedPermission,
): boolean {
  const [resource, action] = permission.split(':')
  return (
    roleMay(creatorRole, permission) &&
    permissions.some((entry) => entry.resource === resource && entry.actions.some((granted) => granted === action))
  )
}
