import { readFile } from 'node:fs/promises'
import { buildApp } from './api/app.ts'
import { createReadiness } from './api/readiness.ts'
import { createDelivery } from './delivery/delivery.ts'
import { createExplainRoutes } from './engines/native/explain-routes.ts'
import { createExplainService } from './engines/native/explain-service.ts'
import { createNativeEngine } from './engines/native/native-engine.ts'
import { createMonitors } from './monitors/monitors.ts'
import { createNetworks } from './networks/networks.ts'
import { createSharedNetworks } from './networks/shared-network-service.ts'
import { createApiRequest } from './probe/api-request.ts'
import { createIsolationProbe } from './probe/isolation-probe.ts'
import { systemClock } from './platform/clock.ts'
import type { ServeEnv } from './platform/config.ts'
import { openDatabase } from './platform/db/open-database.ts'
import { createEgress } from './platform/egress/egress.ts'
import { systemIds } from './platform/ids.ts'
import { createLogger } from './platform/logger.ts'
import { loadMasterKey } from './platform/master-key.ts'
import { createMetrics } from './platform/metrics.ts'
import { createSecrets } from './platform/secrets.ts'
import { createShutdown } from './platform/shutdown.ts'
import { createIdentity } from './tenants/identity.ts'
import { createTenantKeys } from './tenants/tenant-key-service.ts'
import { createRpcBudget } from './tenants/rpc-budget.ts'
import { createRpcLimits } from './tenants/rpc-limits.ts'
import { createRpcUseReporter } from './tenants/rpc-use-report.ts'
import { createQuotaUpkeep } from './tenants/quota-upkeep.ts'
import { createTenantSlots } from './tenants/tenant-slots.ts'
import { createTriggers } from './triggers/triggers.ts'
import { createUsage } from './usage/usage.ts'

export type ServerOptions = {
  env: ServeEnv
  /** What `Environment` secrets of the operator's own network files are read from. */
  environment: Record<string, string | undefined>
}

/** The product in one value: every role that its environment asks for. */
export type RunningServer = {
  /** Resolves when it serves; throws, with everything stopped again, when it cannot. */
  start(): Promise<void>
  /** Finishes what runs and closes everything. Harmless when it never started. */
  stop(): Promise<void>
  /** Where the API listens; undefined without the `api` role or before the start. */
  url(): string | undefined
}

const poolMax = 20

/** The composition root: makes every part once and gives each what it needs. Opens the database and nothing else. */
export async function createServer({ env, environment }: ServerOptions): Promise<RunningServer> {
  const logger = createLogger({ level: env.SMT_LOG_LEVEL })
  const shutdown = createShutdown({ logger })
  const slots = createTenantSlots({ logger, poolMax })
  const secrets = createSecrets(await loadMasterKey(env.SMT_MASTER_KEY, env.SMT_DATA_DIR))
  const database = await openDatabase(env, { contextKey: secrets.contextKey, poolMax, slotsOf: slots.of })
  shutdown.add('database', () => database.close())
  slots.use(database)

  const clock = systemClock
  const ids = systemIds
  const metrics = createMetrics()
  metrics.collectProcess()
  const tenantKeys = createTenantKeys({ secrets })
  const egress = createEgress({ allow: env.SMT_EGRESS_ALLOW, deny: env.SMT_EGRESS_DENY, logger })
  shutdown.add('egress', () => egress.close())
  const closing = new AbortController()
  const deps = { database, secrets, tenantKeys, clock, ids, logger, metrics, egress, closing: closing.signal }

  const registration = env.SMT_REGISTRATION ?? (database.kind === 'pglite' ? 'open' : 'closed')
  const identity = createIdentity(deps, { registration, missesPerMinute: env.SMT_API_RATE_FAILURES })
  const networks = createNetworks(deps)
  const triggers = createTriggers(deps)
  const monitors = createMonitors({ ...deps, networks: networks.service, triggers: triggers.service })
  const delivery = createDelivery({ ...deps, triggers: triggers.service, publicUrl: env.SMT_PUBLIC_URL })
  const quotaUpkeep = createQuotaUpkeep(deps)
  const usage = createUsage(deps)
  const budget = createRpcBudget(
    { clock, limitOf: createRpcLimits({ database }) },
    { hostPerMinute: env.SMT_NODE_HOST_REQUESTS_PER_MINUTE },
  )
  const rpcUse = createRpcUseReporter({ ...deps, budget })
  const explainer = createExplainService({ ...deps, usage: usage.recorder, budget })
  const explanations = createExplainRoutes({ monitors: monitors.service, explainer })
  const engine = createNativeEngine({
    ...deps,
    usage: usage.recorder,
    budget,
    onMatches: delivery.wake,
    retractAlerts: delivery.retractAlerts,
  })
  const readiness = createReadiness({
    database,
    engineIsReady: () => isEngineReady || !env.SMT_ROLES.includes('ingest'),
  })
  let isEngineReady = false
  let listeningUrl: string | undefined

  const startApi = async (): Promise<void> => {
    const routes = [
      ...identity.routes,
      ...networks.routes,
      ...monitors.routes,
      ...triggers.routes,
      ...delivery.routes,
      ...explanations,
      ...usage.routes,
    ]
    const app = buildApp(
      {
        ...deps,
        routes,
        authenticator: identity.authenticator,
        writeOnce: identity.writeOnce,
        readiness,
      },
      {
        version: await packageVersion(),
        publicUrl: env.SMT_PUBLIC_URL,
        metricsToken: env.SMT_METRICS_TOKEN,
        rates: { caller: env.SMT_API_RATE_CALLER, tenant: env.SMT_API_RATE_TENANT, address: env.SMT_API_RATE_ADDRESS },
        trustedProxies: env.SMT_TRUSTED_PROXIES,
      },
    )
    shutdown.add('api', () => {
      // Nobody's answer is waited for that only waits itself.
      closing.abort()
      return app.close()
    })
    listeningUrl = await app.listen({ port: env.SMT_HTTP_PORT, host: env.SMT_HTTP_HOST })
    if (env.SMT_PROBE_INTERVAL_S > 0) {
      const probe = createIsolationProbe(
        { ...deps, canaries: identity.canaries, routes, request: createApiRequest({ app, clock }) },
        { intervalS: env.SMT_PROBE_INTERVAL_S },
      )
      shutdown.add('isolation probe', () => probe.stop())
      probe.start()
    }
  }

  const start = async (): Promise<void> => {
    // Registered first, stopped last: what the others did until then is counted.
    shutdown.add('usage', () => usage.stop())
    usage.start()
    shutdown.add('requests to own nodes', () => rpcUse.stop())
    rpcUse.start()
    if (env.SMT_ROLES.includes('deliver')) {
      shutdown.add('delivery', () => delivery.stop())
      delivery.start()
      shutdown.add('quota upkeep', () => quotaUpkeep.stop())
      quotaUpkeep.start()
    }
    if (env.SMT_ROLES.includes('ingest')) {
      if (env.SMT_SHARED_NETWORKS_DIR !== undefined) {
        const shared = createSharedNetworks(deps, { directory: env.SMT_SHARED_NETWORKS_DIR, environment })
        shutdown.add('shared networks', () => shared.stop())
        await shared.start()
      }
      shutdown.add('engine', () => engine.stop())
      await engine.start()
      isEngineReady = true
    }
    if (env.SMT_ROLES.includes('api')) await startApi()
    logger.info({ roles: env.SMT_ROLES, database: database.kind }, 'started')
  }

  return { start, stop: () => shutdown.run(), url: () => listeningUrl }
}

async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  const parsed: unknown = JSON.parse(text)
  const version = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined
  return typeof version === 'string' ? version : '0.0.0'
}
