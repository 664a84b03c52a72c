import { describe, expect, it } from 'vitest'
import { ConfigError, migrateSchema, parseEnv, serveSchema } from './config.ts'

const failure = (env: Record<string, string>): string => {
  try {
    parseEnv(serveSchema, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('the configuration was accepted')
}

describe('configuration from the environment', () => {
  it('starts with embedded defaults when nothing is set', () => {
    expect(parseEnv(serveSchema, {})).toMatchObject({
      SMT_HTTP_PORT: 3000,
      SMT_HTTP_HOST: '127.0.0.1',
      SMT_DATA_DIR: './data',
      SMT_ROLES: ['api', 'ingest', 'deliver'],
      SMT_EGRESS_ALLOW: [],
    })
  })

  it('reports every problem at once and never a value', () => {
    const message = failure({
      SMT_HTTP_PORT: 'secret-port',
      SMT_ROLES: 'api,secret-role',
      SMT_EGRESS_ALLOW: 'secret-range',
      SMT_EGRESS_DENY: 'secret-range',
      SMT_DATABASE_URL: 'mysql://user:secret@db/x',
    })
    for (const variable of ['SMT_HTTP_PORT', 'SMT_ROLES', 'SMT_EGRESS_ALLOW', 'SMT_EGRESS_DENY', 'SMT_DATABASE_URL']) {
      expect(message).toContain(variable)
    }
    expect(message).not.toContain('secret')
  })

  it('demands the platform login and a master key with a server database', () => {
    const message = failure({ SMT_DATABASE_URL: 'postgres://smt_app@db/smt' })
    expect(message).toContain('SMT_DATABASE_PLATFORM_URL')
    expect(message).toContain('SMT_MASTER_KEY')
  })

  it('treats an empty variable as unset', () => {
    expect(parseEnv(serveSchema, { SMT_SHARED_NETWORKS_DIR: '', SMT_HTTP_PORT: '' }).SMT_HTTP_PORT).toBe(3000)
  })

  it('names a missing required variable of migrate', () => {
    expect(() => parseEnv(migrateSchema, {})).toThrow(/SMT_DATABASE_ADMIN_URL: is required/)
  })

  it('parses lists of roles and ranges', () => {
    const env = parseEnv(serveSchema, { SMT_ROLES: 'ingest, deliver,ingest', SMT_EGRESS_ALLOW: '127.0.0.0/8, ::1/128' })
    expect(env.SMT_ROLES).toEqual(['ingest', 'deliver'])
    expect(env.SMT_EGRESS_ALLOW).toEqual(['127.0.0.0/8', '::1/128'])
  })
})
