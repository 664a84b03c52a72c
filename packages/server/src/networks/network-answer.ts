import type { JsonValue, NetworkType } from '@smt/engine'
import { maskConfiguration } from '../tenants/secret-configuration.ts'
import type { NetworkRow } from './network-store.ts'
import type { SourceStatus } from './source-status.ts'

export type NetworkAnswer = {
  id: string
  network_id: string
  name: string
  network_type: NetworkType
  /** Secrets masked; of a shared network without endpoints. */
  configuration: JsonValue
  explorer_url: string | null
  labels: JsonValue
  extensions: JsonValue
  shared: boolean
  is_active: boolean
  version: number
  status: SourceStatus | null
  created_at: string
  updated_at: string
}

export function networkAnswerOf(row: NetworkRow, status: SourceStatus | null): NetworkAnswer {
  return {
    id: row.id,
    network_id: row.networkId,
    name: row.name,
    network_type: row.networkType,
    configuration: maskConfiguration('network', row.configuration),
    explorer_url: row.explorerUrl,
    labels: row.labels,
    extensions: row.extensions,
    shared: row.isShared,
    is_active: true,
    version: row.version,
    status,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

/** A stored network in the form in which it is written: what a merge patch applies to and what the audit log shows. */
export function networkInputOf(
  row: Pick<NetworkRow, 'configuration' | 'explorerUrl' | 'labels' | 'extensions'>,
): JsonValue {
  return {
    configuration: maskConfiguration('network', row.configuration),
    explorer_url: row.explorerUrl,
    labels: row.labels,
    extensions: row.extensions,
  }
}
