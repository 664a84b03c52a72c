import { z } from 'zod'
import { isMiss, type AccountService } from './account-service.ts'
import { listSessionTenants } from './account-store.ts'
import type { LoginGuard } from './login-guard.ts'
import { publicRoute, sessionRoute, type Route } from './route.ts'
import { roles } from './permissions.ts'
import { tenantName } from './tenant-routes.ts'
import { tenantSlug } from './tenant-slug.ts'

const email = z.email().max(254)
// The policy speaks where a password is chosen; here only what no password can be.
const password = z.string().min(1).max(1_000)

const loginAnswer = z
  .object({
    access_token: z.string().meta({ description: 'Bearer token for ten minutes.' }),
    refresh_token: z.string().meta({ description: 'Good once; the answer of `auth/refresh` holds the next one.' }),
    expires_in: z.int().meta({ description: 'Seconds.' }),
    user: z.object({ id: z.uuid(), email: z.string() }),
  })
  .meta({ id: 'Login' })

const me = z
  .object({
    user: z.object({ id: z.uuid(), email: z.string(), created_at: z.iso.datetime() }),
    tenants: z.array(z.object({ id: z.uuid(), slug: z.string(), name: z.string(), role: z.enum(roles) })),
  })
  .meta({ id: 'Me', description: 'At most 200 tenants; `GET /tenants` pages through all.' })

const tag = 'auth'
const tenantsMax = 200

export function createAccountRoutes(accounts: AccountService, guard: LoginGuard): Route[] {
  return [
    publicRoute({
      method: 'POST',
      path: '/auth/register',
      operationId: 'register',
      summary: 'Create a user with a tenant of their own',
      description: 'Only where the operator has opened registration.',
      tag,
      body: z.strictObject({ email, password, tenant_name: tenantName, tenant_slug: tenantSlug }),
      responses: { 201: loginAnswer },
      handler: async ({ body, origin }) => {
        const { tenant_name: tenantName, tenant_slug: tenantSlug, ...credentials } = body
        const register = () => accounts.register({ ...credentials, tenantName, tenantSlug }, origin)
        return { status: 201, body: await guard.attempt({ source: origin.ip }, register, isMiss) }
      },
    }),
    publicRoute({
      method: 'POST',
      path: '/auth/login',
      operationId: 'login',
      summary: 'Log in',
      tag,
      body: z.strictObject({ email: z.string().min(1).max(254), password }),
      responses: { 200: loginAnswer },
      handler: async ({ body, origin }) => {
        const attempt = { source: origin.ip, account: body.email }
        return { status: 200, body: await guard.attempt(attempt, () => accounts.login(body), isMiss) }
      },
    }),
    publicRoute({
      method: 'POST',
      path: '/auth/refresh',
      operationId: 'refresh',
      summary: 'Exchange a refresh token for the next tokens',
      description:
        'A token is good once. Repeating it within 10 seconds (a lost answer) gives the same successor; using it later ' +
        'ends the session.',
      tag,
      body: z.strictObject({ refresh_token: z.string().min(1).max(200) }),
      responses: { 200: loginAnswer },
      handler: async ({ body }) => ({ status: 200, body: await accounts.refresh(body.refresh_token) }),
    }),
    sessionRoute({
      method: 'POST',
      path: '/auth/logout',
      operationId: 'logout',
      summary: 'End the session, its access token included',
      tag,
      responses: { 204: null },
      handler: async ({ sessionId }) => {
        await accounts.logout(sessionId)
        return { status: 204 }
      },
    }),
    sessionRoute({
      method: 'GET',
      path: '/auth/me',
      operationId: 'getMe',
      summary: 'Who one is, and in which tenants',
      tag,
      responses: { 200: me },
      handler: async ({ sessionId, identity }) => {
        const user = await accounts.getSessionUser(sessionId)
        const tenants = await identity((tx) =>
          listSessionTenants(tx, sessionId, { afterSlug: undefined, limit: tenantsMax }),
        )
        return {
          status: 200,
          body: {
            user: { id: user.id, email: user.email, created_at: user.createdAt.toISOString() },
            tenants: tenants.map(({ id, slug, name, role }) => ({ id, slug, name, role })),
          },
        }
      },
    }),
  ]
}
