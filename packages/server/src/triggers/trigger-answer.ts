import type { JsonValue, TriggerType } from '@smt/engine'
import { maskConfiguration } from '../tenants/secret-configuration.ts'
import type { TriggerContent, TriggerRow } from './trigger-store.ts'

export type TriggerAnswer = {
  id: string
  trigger_id: string
  name: string
  trigger_type: TriggerType
  /** Secrets masked. */
  configuration: JsonValue
  labels: JsonValue
  extensions: JsonValue
  is_active: boolean
  disabled_at: string | null
  previous_secret_valid_until: string | null
  version: number
  created_at: string
  updated_at: string
}

export function triggerAnswerOf(row: TriggerRow): TriggerAnswer {
  return {
    id: row.id,
    trigger_id: row.triggerId,
    name: row.name,
    trigger_type: row.triggerType,
    configuration: maskConfiguration('trigger', row.configuration),
    labels: row.labels,
    extensions: row.extensions,
    is_active: true,
    disabled_at: row.disabledAt?.toISOString() ?? null,
    previous_secret_valid_until: row.previousSecretValidUntil?.toISOString() ?? null,
    version: row.version,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

/** A stored trigger in the form in which it is written: what a merge patch applies to and what the audit log shows. */
export function triggerInputOf({ configuration, labels, extensions }: TriggerContent, triggerId: string) {
  return { trigger_id: triggerId, configuration: maskConfiguration('trigger', configuration), labels, extensions }
}
