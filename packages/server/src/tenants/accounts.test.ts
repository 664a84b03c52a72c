import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, testPassword, type TestApi, type TestTenant } from '../testing/api-harness.ts'
import { hasServer } from '../testing/harness.ts'

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.createTenant('acme')
})
afterAll(() => api.close())

const registration = (slug: string) => ({
  email: `someone@${slug}.example`,
  password: testPassword,
  tenant_name: 'Some one',
  tenant_slug: slug,
})

async function logIn(email: string) {
  const reply = await api.request('POST', '/auth/login', { body: { email, password: testPassword } })
  expect(reply.status).toBe(200)
  return reply.json
}

async function refresh(token: string) {
  return api.request('POST', '/auth/refresh', { body: { refresh_token: token } })
}

/** Moves the moment at which tokens were spent into the past: the grace period is the database's own clock. */
async function letTimePass(seconds: number) {
  await api.test.admin.query('update refresh_tokens set spent_at = spent_at - make_interval(secs => $1)', [seconds])
}

describe('registration', () => {
  it('creates a user, an owned tenant, its quotas and key, and an audit event in one go', async () => {
    const reply = await api.request('POST', '/auth/register', { body: registration('fresh') })
    expect(reply.status).toBe(201)
    expect(reply.json).toMatchObject({ expires_in: 600, user: { email: 'someone@fresh.example' } })
    const me = await api.request('GET', '/auth/me', { token: reply.json.access_token })
    expect(me.json.tenants).toMatchObject([{ slug: 'fresh', name: 'Some one', role: 'owner' }])
    const audit = await api.request('GET', '/tenants/fresh/audit-events', { token: reply.json.access_token })
    expect(audit.json.items).toMatchObject([
      {
        action: 'tenant.create',
        actor: { kind: 'user', name: 'someone@fresh.example' },
        target: { kind: 'tenant', id: 'fresh' },
      },
    ])
  })

  it('answers 409 for a known e-mail in any case, and for a taken slug, and then leaves nothing behind', async () => {
    const upper = { ...registration('another'), email: tenant.owner.email.toUpperCase() }
    const taken = { ...registration('acme'), email: 'new@person.example' }
    const replies = []
    for (const body of [upper, taken]) replies.push(await api.request('POST', '/auth/register', { body }))
    expect(replies.map(({ status }) => status)).toEqual([409, 409])
    // Neither answer says which of the two it was.
    expect(new Set(replies.map(({ json }) => JSON.stringify({ ...json, request_id: '' }))).size).toBe(1)
    const { rows } = await api.test.admin.query(
      `select (select count(*) from tenants where slug = 'another')::int as tenants,
        (select count(*) from users where email_key = 'new@person.example')::int as users`,
    )
    expect(rows).toEqual([{ tenants: 0, users: 0 }])
  })

  it.each([
    ['a short password', { password: '1234567' }, '/password', 'too_short'],
    ['a common password', { password: 'Password123' }, '/password', 'common_password'],
    ['no e-mail', { email: 'nobody' }, '/email', 'invalid_value'],
    ['a slug with capitals', { tenant_slug: 'Acme' }, '/tenant_slug', 'invalid_value'],
    ['a slug that ends with a hyphen', { tenant_slug: 'acme-' }, '/tenant_slug', 'invalid_value'],
    ['an empty name', { tenant_name: '  ' }, '/tenant_name', 'invalid_value'],
  ])('answers 422 for %s', async (_, change, pointer, code) => {
    const reply = await api.request('POST', '/auth/register', { body: { ...registration('refused'), ...change } })
    expect(reply.status).toBe(422)
    expect(reply.json.errors).toMatchObject([{ pointer, code }])
  })

  it.each(['invite', 'closed'] as const)(
    'answers 403 when it is %s, for accounts and for further tenants',
    async (mode) => {
      const closed = await startTestApi({ registration: mode })
      try {
        const reply = await closed.request('POST', '/auth/register', { body: registration('fresh') })
        expect([reply.status, reply.json.code]).toEqual([403, 'registration_closed'])
        const account = { email: 'op@x.example', password: testPassword, tenantName: 'Op', tenantSlug: 'op' }
        await closed.identity.accounts.createAccount(account)
        const login = await closed.request('POST', '/auth/login', {
          body: { email: account.email, password: testPassword },
        })
        expect(login.status).toBe(200)
        const second = await closed.request('POST', '/tenants', {
          token: login.json.access_token,
          body: { slug: 'op2', name: 'Op 2' },
        })
        expect([second.status, second.json.code]).toEqual([403, 'registration_closed'])
      } finally {
        await closed.close()
      }
    },
  )
})

describe('login', () => {
  it('takes the e-mail in any case and with blanks around it', async () => {
    expect((await logIn(` ${tenant.owner.email.toUpperCase()} `)).user).toEqual({
      id: tenant.owner.id,
      email: tenant.owner.email,
    })
  })

  it('answers a wrong password and an unknown e-mail with the same status and body', async () => {
    const attempts = [
      { email: tenant.owner.email, password: 'not the password' },
      { email: 'nobody@nowhere.example', password: 'not the password' },
      { email: 'not an e-mail', password: 'not the password' },
    ]
    const replies = await Promise.all(attempts.map((body) => api.request('POST', '/auth/login', { body })))
    expect(replies.map(({ status }) => status)).toEqual([401, 401, 401])
    expect(new Set(replies.map(({ json }) => JSON.stringify({ ...json, request_id: '' }))).size).toBe(1)
  })

  it('is slowed down alike for wrong passwords and unknown e-mails, and opens by itself', async () => {
    const guesses = async (email: string) => {
      const answers: unknown[] = []
      for (let guess = 0; guess < 7; guess += 1) {
        const body = { email, password: `not the password ${guess}` }
        const { status, json, headers } = await api.request('POST', '/auth/login', { body })
        answers.push([status, { ...json, request_id: '' }, headers['retry-after']])
      }
      return answers
    }
    const { owner } = await api.createTenant('guessed-at')
    const [known, unknown] = [await guesses(owner.email), await guesses('nobody-at-all@nowhere.example')]
    expect(known).toEqual(unknown)
    expect(known.map((answer) => (answer as unknown[])[0])).toEqual([401, 401, 401, 401, 401, 429, 429])
    expect(known[5]).toMatchObject([429, { code: 'rate_limited', limit: 'failures' }, '1'])
    api.clock.advance(1_000)
    await logIn(owner.email)
  })

  it('answers a flood with 401 and 503 alone, serves everybody else meanwhile, and lets in who waits as told', async () => {
    let isOver = false
    const flood = Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const body = { email: `flood-${index}@nowhere.example`, password: 'not the password' }
        return api.request('POST', '/auth/login', { body })
      }),
    ).finally(() => (isOver = true))
    const served: number[] = []
    for (let call = 0; call < 3; call += 1)
      served.push((await api.request('GET', '/tenants/acme', { token: tenant.owner.token })).status)
    expect([isOver, served]).toEqual([false, [200, 200, 200]])
    const replies = await flood
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401, 503]))
    for (const { headers } of replies.filter(({ status }) => status === 503)) expect(headers['retry-after']).toBe('1')
    await logIn(tenant.owner.email)
  })

  it('stores neither password nor token in clear', async () => {
    const login = await logIn(tenant.owner.email)
    const { rows } = await api.test.admin.query<{ stored: string }>(
      `select concat((select string_agg(u::text, ' ') from users u), (select string_agg(s::text, ' ') from sessions s),
        (select string_agg(t::text, ' ') from refresh_tokens t)) as stored`,
    )
    expect(rows[0]?.stored).toContain('argon2id')
    for (const secret of [testPassword, login.refresh_token, login.access_token])
      expect(rows[0]?.stored).not.toContain(secret)
  })
})

describe('a session', () => {
  it('ends with logout at once: access token and refresh token', async () => {
    const login = await logIn(tenant.owner.email)
    expect((await api.request('POST', '/auth/logout', { token: login.access_token })).status).toBe(204)
    expect((await api.request('GET', '/auth/me', { token: login.access_token })).status).toBe(401)
    expect((await api.request('GET', '/tenants/acme', { token: login.access_token })).status).toBe(401)
    expect((await refresh(login.refresh_token)).status).toBe(401)
  })

  it('leaves the other sessions of the same user alone', async () => {
    const [first, second] = [await logIn(tenant.owner.email), await logIn(tenant.owner.email)]
    await api.request('POST', '/auth/logout', { token: first.access_token })
    expect((await api.request('GET', '/auth/me', { token: second.access_token })).status).toBe(200)
  })

  it('survives a restart: another process with the same master key accepts its tokens', async () => {
    const { createIdentity } = await import('./identity.ts')
    const restarted = createIdentity(api, { registration: 'open' })
    const access = await restarted.authenticator.forSession(`Bearer ${(await logIn(tenant.owner.email)).access_token}`)
    expect(access.user.id).toBe(tenant.owner.id)
    const { refresh_token: token } = await logIn(tenant.owner.email)
    expect((await restarted.accounts.refresh(token)).user.id).toBe(tenant.owner.id)
  })

  it('ends after 30 days, however often it was refreshed', async () => {
    const login = await logIn(tenant.owner.email)
    const next = await refresh(login.refresh_token)
    const { rows } = await api.test.admin.query<{ days: number }>(
      `select round(extract(epoch from max(expires_at) - now()) / 86400)::int as days from sessions`,
    )
    expect(rows[0]?.days).toBe(30)
    await api.test.admin.query(
      `update sessions set expires_at = now() - interval '1 second' where expires_at = (select max(expires_at) from sessions)`,
    )
    expect((await refresh(next.json.refresh_token)).status).toBe(401)
    expect((await api.request('GET', '/auth/me', { token: next.json.access_token })).status).toBe(401)
  })
})

describe('refresh', () => {
  it('gives new tokens for each token once', async () => {
    const login = await logIn(tenant.owner.email)
    const first = await refresh(login.refresh_token)
    expect(first.status).toBe(200)
    expect(first.json.refresh_token).not.toBe(login.refresh_token)
    expect((await api.request('GET', '/auth/me', { token: first.json.access_token })).status).toBe(200)
    expect((await refresh(first.json.refresh_token)).status).toBe(200)
  })

  it('gives parallel requests with one token the same successor', async () => {
    const { refresh_token: token } = await logIn(tenant.owner.email)
    const replies = await Promise.all(Array.from({ length: 10 }, () => refresh(token)))
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    expect(new Set(replies.map(({ json }) => json.refresh_token)).size).toBe(1)
  })

  it.skipIf(!hasServer())('stores one successor when requests on many connections meet', async () => {
    const { refresh_token: token } = await logIn(tenant.owner.email)
    const before = await countTokens()
    await Promise.all(Array.from({ length: 20 }, () => refresh(token)))
    expect((await countTokens()) - before).toBe(1)
  })

  it('repeats a lost answer within the grace period', async () => {
    const { refresh_token: token } = await logIn(tenant.owner.email)
    const first = await refresh(token)
    await letTimePass(9)
    const again = await refresh(token)
    expect(again.json.refresh_token).toBe(first.json.refresh_token)
    expect((await refresh(again.json.refresh_token)).status).toBe(200)
  })

  it('ends the whole family when a spent token comes after the grace period', async () => {
    const login = await logIn(tenant.owner.email)
    const first = await refresh(login.refresh_token)
    await letTimePass(11)
    expect((await refresh(login.refresh_token)).status).toBe(401)
    expect((await refresh(first.json.refresh_token)).status).toBe(401)
    expect((await api.request('GET', '/auth/me', { token: first.json.access_token })).status).toBe(401)
  })

  it('ends the family when a token returns whose successor was used, even within the grace period', async () => {
    const login = await logIn(tenant.owner.email)
    const thief = await refresh(login.refresh_token)
    await refresh(thief.json.refresh_token)
    expect((await refresh(login.refresh_token)).status).toBe(401)
    expect((await api.request('GET', '/auth/me', { token: thief.json.access_token })).status).toBe(401)
  })

  it('ends the family when the victim was first and the thief comes later', async () => {
    const login = await logIn(tenant.owner.email)
    const victim = await refresh(login.refresh_token)
    await refresh(victim.json.refresh_token)
    await letTimePass(11)
    expect((await refresh(login.refresh_token)).status).toBe(401)
    expect((await api.request('GET', '/auth/me', { token: victim.json.access_token })).status).toBe(401)
  })

  it.each(['x', `smtr_${'a'.repeat(43)}`])('answers 401 for %j', async (token) => {
    expect((await refresh(token)).status).toBe(401)
  })
})

async function countTokens(): Promise<number> {
  const { rows } = await api.test.admin.query<{ n: number }>('select count(*)::int as n from refresh_tokens')
  return rows[0]?.n ?? 0
}
