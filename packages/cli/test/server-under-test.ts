import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@smt/testkit'

const main = fileURLToPath(new URL('../../server/dist/main.js', import.meta.url))

export type Answer = { status: number; body: Record<string, unknown>; text: string }
export type Api = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
export type Tenant = { slug: string; api: Api; apiKey: string }
export type ServerUnderTest = { baseUrl: string; tenant(slug: string): Promise<Tenant>; stop(): Promise<void> }

/** The built server as a process of its own, on the embedded database in a temporary directory. */
export async function startServer(env: Record<string, string> = {}): Promise<ServerUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'smt-cli-server-'))
  const port = await freePort()
  const baseUrl = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [main, 'serve'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      SMT_HTTP_PORT: String(port),
      SMT_DATA_DIR: join(directory, 'data'),
      SMT_ROLES: 'api,ingest',
      SMT_LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const deadline = Date.now() + 90_000
  while (!(await isReady(baseUrl))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the server did not start:\n${output}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  return {
    baseUrl,
    tenant: (slug) => register(baseUrl, slug),
    stop: async () => {
      child.kill('SIGKILL')
      await exited
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function register(baseUrl: string, slug: string): Promise<Tenant> {
  const registered = await call(`${baseUrl}/api/v1/auth/register`, 'POST', {
    body: {
      email: `owner@${slug}.example`,
      password: `a long passphrase of ${slug}`,
      tenant_name: `Tenant ${slug}`,
      tenant_slug: slug,
    },
  })
  if (registered.status !== 201) throw new Error(registered.text)
  const authorization = `Bearer ${String(registered.body['access_token'])}`
  const api: Api = (method, path, body, headers) =>
    call(`${baseUrl}/api/v1/tenants/${slug}${path}`, method, { body, headers: { authorization, ...headers } })
  const permissions = ['networks', 'monitors', 'triggers', 'quota'].map((resource) => ({
    resource,
    actions: resource === 'quota' ? ['read'] : ['read', 'write'],
  }))
  const key = await api('POST', '/api-keys', { name: 'ci', permissions })
  if (key.status !== 201) throw new Error(key.text)
  return { slug, api, apiKey: String(key.body['key']) }
}

async function call(
  url: string,
  method: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> },
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: response.status, body: parsed as Record<string, unknown>, text }
}

async function isReady(baseUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${baseUrl}/health/ready`)).ok
  } catch {
    return false
  }
}
