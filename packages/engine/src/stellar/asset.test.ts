import { Asset as StellarAsset, Networks } from '@stellar/stellar-base'
import { describe, expect, it } from 'vitest'
import { otherAccount } from '../testing/stellar-values.ts'
import { assetContractId, parseAsset, printAsset } from './asset.ts'

describe('parseAsset', () => {
  it.each(['native', `USDC:${otherAccount}`, `LONGER12:${otherAccount}`])('reads %s and prints it again', (text) => {
    const asset = parseAsset(text)
    expect(asset && printAsset(asset)).toBe(text)
  })

  it.each([
    '',
    'XLM',
    'USDC',
    `:${otherAccount}`,
    `US-DC:${otherAccount}`,
    `MORETHANTWELVE:${otherAccount}`,
    `USDC:${otherAccount.toLowerCase()}`,
    `USDC:${otherAccount.slice(0, -1)}A`,
    `USDC:${otherAccount} `,
    'USDC:CAIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRDB3V',
  ])('refuses "%s"', (text) => expect(parseAsset(text)).toBeUndefined())
})

describe('assetContractId', () => {
  it.each(['native', `USDC:${otherAccount}`, `LONGER12:${otherAccount}`])(
    'is what stellar-base says for %s',
    (text) => {
      for (const passphrase of [Networks.PUBLIC, Networks.TESTNET]) {
        const [code = '', issuer] = text.split(':')
        const expected = issuer === undefined ? StellarAsset.native() : new StellarAsset(code, issuer)
        const asset = parseAsset(text)
        expect(asset && assetContractId(asset, passphrase)).toBe(expected.contractId(passphrase))
      }
    },
  )
})
