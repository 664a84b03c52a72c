import { availableParallelism } from 'node:os'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { Ids } from '../platform/ids.ts'
import type { Secrets } from '../platform/secrets.ts'
import { createAccessTokens } from './access-token.ts'
import { createAccountRoutes } from './account-routes.ts'
import { createAccountService, type AccountService, type RegistrationMode } from './account-service.ts'
import { createApiKeyRoutes } from './api-key-routes.ts'
import { createApiKeyService } from './api-key-service.ts'
import { createAuditRoutes } from './audit-routes.ts'
import { createAuthenticator, type Authenticator } from './authenticate.ts'
import { createWriteOnce, type WriteOnce } from './idempotency.ts'
import { createCanaryService, type CanaryService } from './canary-service.ts'
import { createLoginGuard } from './login-guard.ts'
import { createMemberRoutes } from './member-routes.ts'
import { createMemberService } from './member-service.ts'
import { createNoticeRoutes } from './notice-routes.ts'
import { createOperatorEventRoutes } from './operator-event-routes.ts'
import { createOperatorRoutes } from './operator-routes.ts'
import { createOperatorService } from './operator-service.ts'
import { createPasswords, passwordConcurrency } from './password.ts'
import { createPlanRoutes } from './plan-routes.ts'
import { createPlanService } from './plan-service.ts'
import { createQuotaDecisionService } from './quota-decision-service.ts'
import { createQuotaDecisionRoutes, createQuotaRequestRoutes } from './quota-request-routes.ts'
import { createQuotaRequestService } from './quota-request-service.ts'
import { createQuotaRoutes } from './quota-routes.ts'
import { createRefreshTokens } from './refresh-token.ts'
import type { Route } from './route.ts'
import type { TenantKeys } from './tenant-key-service.ts'
import { createTenantRoutes } from './tenant-routes.ts'
import { createTenantService } from './tenant-service.ts'

/** Users, tenants, members and keys: their routes, and what the API asks on every request. */
export type Identity = {
  routes: Route[]
  authenticator: Authenticator
  writeOnce: WriteOnce
  accounts: AccountService
  /** The tenants of the isolation probe. */
  canaries: CanaryService
}

export type IdentityDeps = {
  database: Pick<Database, 'withIdentity' | 'withTenant' | 'withPlatform'>
  secrets: Secrets
  tenantKeys: TenantKeys
  clock: Clock
  ids: Ids
}

export type IdentityOptions = {
  registration: RegistrationMode
  /** Logins, registrations and look-ups of e-mails that may fail in a minute, by address. */
  missesPerMinute?: number
}

export function createIdentity(deps: IdentityDeps, options: IdentityOptions): Identity {
  const { registration, missesPerMinute = 20 } = options
  const accessTokens = createAccessTokens(deps)
  const refreshTokens = createRefreshTokens(deps)
  const guard = createLoginGuard(deps, { missesPerMinute })
  const accounts = createAccountService(
    {
      ...deps,
      accessTokens,
      refreshTokens,
      passwords: createPasswords({ concurrency: passwordConcurrency(availableParallelism()) }),
    },
    { registration },
  )
  return {
    accounts,
    canaries: createCanaryService({ ...deps, accounts, accessTokens, refreshTokens }),
    authenticator: createAuthenticator({ database: deps.database, accessTokens }),
    writeOnce: createWriteOnce(deps),
    routes: [
      ...createAccountRoutes(accounts, guard),
      ...createTenantRoutes(createTenantService(), accounts, guard),
      ...createMemberRoutes(createMemberService(), guard),
      ...createApiKeyRoutes(createApiKeyService(deps)),
      ...createQuotaRoutes(),
      ...createQuotaRequestRoutes(createQuotaRequestService(deps)),
      ...createQuotaDecisionRoutes(createQuotaDecisionService(deps)),
      ...createAuditRoutes(),
      ...createNoticeRoutes(),
      ...createOperatorRoutes(createOperatorService(deps)),
      ...createPlanRoutes(createPlanService(deps)),
      ...createOperatorEventRoutes(),
    ],
  }
}
