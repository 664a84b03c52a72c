import { chmod, mkdir, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { goodTree, monitor, network, webhook } from './objects.ts'
import { smt } from './in-process.ts'
import { smtBinary, writeConfig, writeInto, type Tree } from './smt.ts'

type Finding = { file: string; pointer: string; code: string; message: string; line?: number; column?: number }
type Report = { ok: boolean; problems: Finding[]; warnings: Finding[]; not_executable: Finding[] }

async function check(tree: Tree, { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {}) {
  return judge(await writeConfig(tree), { args, env })
}

async function judge(
  directory: string,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
) {
  const { code, stdout, stderr } = await smt(['check', directory, '--json', ...args], env)
  const report = JSON.parse(stdout) as Report
  const brief = (findings: Finding[]) => findings.map(({ file, pointer, code: kind }) => `${file} ${pointer} ${kind}`)
  return {
    code,
    stdout,
    stderr,
    report,
    problems: brief(report.problems),
    warnings: brief(report.warnings),
    notExecutable: brief(report.not_executable),
  }
}

describe('smt check', () => {
  it('accepts a good directory', async () => {
    expect(await check(goodTree)).toMatchObject({ code: 0, stderr: '', problems: [], warnings: [], notExecutable: [] })
    const { code, stdout } = await smtBinary(['check', await writeConfig(goodTree)])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '1 network, 1 monitor, 1 trigger: OK, 0 warnings, 0 not executable here yet.\n',
    })
  })

  it('says where JSON is broken, and reads only what OpenZeppelin Monitor reads', async () => {
    const { code, report, problems } = await check({
      ...goodTree,
      'networks/broken.JSON': '{\n  "slug": "x",,\n}',
      'networks/.json': 'not read',
      'networks/notes.jsonc': 'not read',
      'networks/sub/deep.json': 'not read',
      'monitors/bom.json': '\uFEFF{}',
      'triggers/list.json': [],
    })
    expect(code).toBe(1)
    expect(problems).toEqual([
      'monitors/bom.json  malformed_json',
      'networks/broken.JSON  malformed_json',
      'triggers/list.json  invalid_type',
    ])
    expect(report.problems[1]).toMatchObject({ line: 2, column: 15 })
  })

  it('lists all problems of all files at once', async () => {
    const { code, problems } = await check({
      'networks/local.json': network('local', 'ftp://rpc.example.org'),
      'networks/twin.json': network('local', undefined, { name: ' network LOCAL ', block_time_ms: 1 }),
      'networks/broken.json': '{',
      'triggers/a.json': { hook: webhook('Hook', { method: 'PATCH' }), note: 'no trigger' },
      'triggers/b.json': { hook: webhook('hook ') },
      'monitors/a.json': monitor('Any', { networks: ['local', 'nowhere'], triggers: ['hook', 'nobody'] }),
      'monitors/b.json': monitor(' ANY', {
        extra: 1,
        match_conditions: { functions: [], events: [{ signature: 'Transfer' }], transactions: [] },
        trigger_conditions: [
          { script_path: 'config/filters/none.py', language: 'Python', timeout_ms: 0 },
          { script_path: 'config/filters/none.js', language: 'Bash', timeout_ms: 1 },
        ],
      }),
    })
    expect(code).toBe(1)
    expect(problems.toSorted()).toEqual(
      [
        'monitors/a.json /networks/1 unknown_network',
        'monitors/a.json /triggers/1 unknown_trigger',
        'monitors/b.json /extra unknown_field',
        'monitors/b.json /match_conditions/events/0/signature invalid_signature',
        'monitors/b.json /name duplicate',
        'monitors/b.json /trigger_conditions/0/script_path missing_script',
        'monitors/b.json /trigger_conditions/0/timeout_ms out_of_range',
        'monitors/b.json /trigger_conditions/1/script_path invalid_value',
        'monitors/b.json /trigger_conditions/1/script_path missing_script',
        'networks/broken.json  malformed_json',
        'networks/local.json /rpc_urls/0/url/value invalid_url',
        'networks/twin.json /block_time_ms out_of_range',
        'networks/twin.json /name duplicate',
        'networks/twin.json /slug duplicate',
        'triggers/a.json /hook/config/method invalid_value',
        'triggers/a.json /note invalid_type',
        'triggers/b.json /hook duplicate',
        'triggers/b.json /hook/name duplicate',
      ].toSorted(),
    )
  })

  it('warns where OpenZeppelin Monitor looks networks up by file name', async () => {
    const { code, warnings } = await check({
      ...goodTree,
      'networks/local.json': network('renamed'),
      'networks/other.json': network('second'),
      'monitors/second.json': monitor('Second', { networks: ['second'] }),
    })
    expect({ code, warnings }).toEqual({
      code: 0,
      warnings: [
        'monitors/any.json /networks/0 file_name_differs',
        'monitors/second.json /networks/0 file_name_differs',
      ],
    })
  })

  it('finds scripts below the directory in which OpenZeppelin Monitor runs', async () => {
    const condition = { script_path: 'config/filters/keep.sh', language: 'Bash', timeout_ms: 1_000 }
    const directory = await writeConfig({
      ...goodTree,
      'monitors/any.json': monitor('Any', { trigger_conditions: [condition] }),
      'filters/keep.sh': 'echo true',
    })
    const script = join(directory, 'filters/keep.sh')
    await chmod(script, 0o644)
    expect(await judge(directory)).toMatchObject({ code: 0, problems: [], warnings: [] })
    await chmod(script, 0o666)
    expect((await judge(directory)).warnings).toEqual([
      'monitors/any.json /trigger_conditions/0/script_path writable_script',
    ])
    expect((await judge(directory, { args: ['--workdir', directory] })).problems).toEqual([
      'monitors/any.json /trigger_conditions/0/script_path missing_script',
    ])
    expect(dirname(directory)).not.toBe(directory)
  })

  it('keeps apart what only this version cannot do', async () => {
    const { code, warnings, notExecutable } = await check({
      ...goodTree,
      'networks/solana.json': network('solana', undefined, { network_type: 'Solana' }),
      'triggers/mail.json': {
        vault: webhook('Vault', { url: { type: 'HashicorpCloudVault', value: 'url' } }),
      },
    })
    expect({ code, warnings }).toEqual({ code: 0, warnings: [] })
    expect(notExecutable).toContain('triggers/mail.json /vault/config/url/type unsupported_feature')
  })

  it('judges the text of variables that are set, and never shows it', async () => {
    const tree = {
      ...goodTree,
      'triggers/all.json': { hook: webhook('Hook', { url: { type: 'environment', value: 'HOOK_URL' } }) },
    }
    const unset = await check(tree)
    expect(unset).toMatchObject({ code: 0, warnings: ['triggers/all.json /hook/config/url/value unset_variable'] })
    expect((await check(tree, { args: ['--strict-secrets'] })).code).toBe(1)
    const wrong = await check(tree, { env: { HOOK_URL: 'gopher://s3cret' } })
    expect(wrong).toMatchObject({ code: 1, problems: ['triggers/all.json /hook/config/url/value invalid_url'] })
    expect(wrong.stdout + wrong.stderr).not.toContain('s3cret')
    expect(await check(tree, { env: { HOOK_URL: 'https://h.example/s3cret' } })).toMatchObject({
      code: 0,
      warnings: [],
    })
  })

  it('tells a missing part from a directory that cannot be read', async () => {
    const directory = await writeConfig(goodTree)
    await rm(join(directory, 'monitors'), { recursive: true })
    expect((await judge(directory)).problems).toEqual(['monitors/  missing_directory'])
    await mkdir(join(directory, 'monitors'))
    expect((await judge(directory)).warnings).toEqual(['monitors/  no_active_monitors'])
    await writeInto(directory, { 'monitors/any.json': monitor('Any', { paused: true }) })
    expect((await judge(directory)).warnings).toEqual(['monitors/  no_active_monitors'])
    const missing = await smt(['check', join(directory, 'nothing')])
    expect(missing).toMatchObject({ code: 2, stdout: '' })
    expect(missing.stderr).toMatch(/^smt: The directory .* cannot be read \(ENOENT\)\.\n$/)
    expect(await smt(['check', join(directory, 'monitors/any.json')])).toMatchObject({ code: 2, stdout: '' })
  })
})

const upstream = resolve(import.meta.dirname, '../../../../shared/spec/fixtures')

describe.skipIf(!existsSync(upstream) && process.env['CI'] !== 'true')('smt check on upstream data', () => {
  // The sample's token is not one that OpenZeppelin Monitor would load (spec/01 §8.3, §13.18).
  const sampleToken = 'triggers/trigger.json /example_trigger_telegram/config/token/value invalid_format'

  it.each([
    ['evm', [sampleToken]],
    ['stellar', [sampleToken]],
    ['solana', []],
  ])('finds in %s nothing but %j', async (chain, problems) => {
    expect((await judge(join(upstream, chain))).problems).toEqual(problems)
  })
})

describe('smt', () => {
  it('explains itself', async () => {
    const help = await smt(['--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    for (const command of ['check', 'run', 'import', 'export', 'serve', 'migrate', 'admin']) {
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    }
    expect(await smtBinary(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' })
  })

  it.each([
    [[], /Usage: smt/],
    [['nonsense'], /^smt: unknown command 'nonsense'/],
    [['check'], /^smt: missing required argument 'dir'/],
    [['run', '--config', '.', '--block', '0x10', '--network', 'x'], /^smt: option '--block <number>'/],
    [['run', '--config', '.', '--block', '1'], /^smt: --network is needed/],
    [['import', '.', '--tenant', 'acme'], /^smt: An API key is needed in SMT_API_KEY/],
  ])('answers the wrong usage %j with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await smt(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it('hands over to the server’s own binary, with its exit code', async () => {
    const help = await smtBinary(['admin', 'create-tenant', '--help'])
    expect(help.code).toBe(0)
    expect(help.stdout).toContain('Usage: smt-server admin create-tenant')
    const refused = await smtBinary(['migrate'])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('SMT_DATABASE_ADMIN_URL: is required')
  })
})
