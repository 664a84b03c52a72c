import { randomUUID } from 'node:crypto'
import { stringifyJson } from '@smt/engine'
import type { TestTenant } from '../src/testing/api-harness.ts'
import { triggerBody } from '../src/testing/configuration-api.ts'
import type { DispatchScene } from '../src/testing/dispatch-scene.ts'
import { sealConfiguration } from '../src/tenants/secret-configuration.ts'
import { createLoop } from '../src/platform/supervised-loop.ts'
import { systemClock } from '../src/platform/clock.ts'
import { createLogger } from '../src/platform/logger.ts'

/** More tenants like the first, with a key, a sealed trigger `ops`, and a monitor of their own; without registrations. */
export async function cloneTenants(scene: DispatchScene, first: TestTenant, count: number): Promise<TestTenant[]> {
  const { api } = scene
  const tenants: TestTenant[] = []
  for (let n = 0; n < count; n += 1) {
    const [id, triggerRow, monitorRow, versionRow] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
    const slug = `tenant-${n}`
    const wrapped = api.secrets.createTenantKey(id)
    const url = { type: 'Plain', value: `${scene.receiver.url}/${slug}` }
    const message = { title: '${monitor.name}', body: '${transaction.hash}' }
    const body = triggerBody('ops', { url, message, retry_policy: { max_retries: 0 } })
    const place = { tenantId: id, table: 'triggers', rowId: triggerRow, column: 'configuration' }
    const secrets = api.secrets.unwrapTenantKey(id, wrapped)
    const sealed = stringifyJson(sealConfiguration('trigger', body.configuration, { secrets, place }))
    const run = (text: string, values: unknown[]) => api.test.admin.query(text, values)
    await run('insert into tenants (id, slug, name) values ($1, $2, $2)', [id, slug])
    await run('insert into tenant_keys (tenant_id, version, wrapped_key) values ($1, 1, $2)', [id, wrapped])
    await run(`insert into triggers (tenant_id, id, trigger_id, configuration) values ($1, $2, 'ops', $3)`, [
      id,
      triggerRow,
      sealed,
    ])
    await run(
      `insert into monitors (tenant_id, id, monitor_id, configuration, version_id)
       select $1, $2, 'transfers', configuration, $3 from monitors where tenant_id = $4 and monitor_id = 'transfers'`,
      [id, monitorRow, versionRow, first.id],
    )
    await run(
      `insert into monitor_versions (tenant_id, id, monitor_id, version, configuration, severity, labels, extensions, created_by)
       select $1, $3, $2, 1, configuration, severity, '{}', '{}', 'bench' from monitors where tenant_id = $1`,
      [id, monitorRow, versionRow],
    )
    await run(
      `insert into monitor_networks (tenant_id, monitor_id, position, network_id, source_id)
       select $1, $2, 0, network_id, source_id from monitor_networks where tenant_id = $3 and position = 0`,
      [id, monitorRow, first.id],
    )
    tenants.push({ ...first, id, slug, name: slug })
  }
  return tenants
}

/** The dispatch loop as the server runs it. */
export function startSending(scene: DispatchScene): { stop(): Promise<void>; wake(): void } {
  const deps = { clock: systemClock, logger: createLogger({ level: 'silent' }) }
  const dispatch = scene.createDispatch({ onRoom: () => loop.wake(), deps: { clock: systemClock } })
  const loop = createLoop(deps, { name: 'bench', pollMs: 500, step: async () => (await dispatch.startDue()) > 0 })
  loop.start()
  return {
    wake: () => loop.wake(),
    stop: async () => {
      await loop.stop()
      await dispatch.stop()
    },
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}
