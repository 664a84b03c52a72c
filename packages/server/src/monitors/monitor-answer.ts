import type { JsonValue } from '@smt/engine'
import { maskConfiguration } from '../tenants/secret-configuration.ts'
import type { MonitorStatus } from './monitor-status.ts'
import type { MonitorContent, MonitorRow, Severity } from './monitor-store.ts'
import type { MonitorVersionRow } from './monitor-version-store.ts'

type ContentAnswer = { configuration: JsonValue; severity: Severity; labels: JsonValue; extensions: JsonValue }

export type MonitorAnswer = ContentAnswer & {
  id: string
  monitor_id: string
  name: string
  is_active: boolean
  version: number
  status: MonitorStatus
  created_at: string
  updated_at: string
}

export type MonitorVersionAnswer = ContentAnswer & {
  id: string
  version: number
  created_by: string
  created_at: string
}

export function monitorAnswerOf(row: MonitorRow, status: MonitorStatus): MonitorAnswer {
  return {
    id: row.id,
    monitor_id: row.monitorId,
    name: row.name,
    ...contentAnswerOf(row),
    is_active: true,
    version: row.version,
    status,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

export function monitorVersionAnswerOf(row: MonitorVersionRow): MonitorVersionAnswer {
  return {
    id: row.id,
    version: row.version,
    ...contentAnswerOf(row),
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
  }
}

/** A stored monitor in the form in which it is written: what a merge patch applies to and what the audit log shows. */
export function monitorInputOf(content: MonitorContent, monitorId: string): { [key: string]: JsonValue } {
  return { monitor_id: monitorId, ...contentAnswerOf(content) }
}

function contentAnswerOf({ configuration, severity, labels, extensions }: MonitorContent): ContentAnswer {
  return { configuration: maskConfiguration('monitor', configuration), severity, labels, extensions }
}
