import { expect, it } from 'vitest'
import { processorMs } from '../testing/processor-time.ts'
import { isSolidityType } from './solidity-type.ts'

it.each([
  'uint256',
  'address',
  'bytes32[]',
  'uint8[3][]',
  'MyEnum',
  'Lib.Struct',
  'tuple',
  '()',
  '(uint256)',
  '(uint256,address)[2]',
  'tuple(uint256,(bool,string[])[])[]',
  '((()),())',
])('reads %s', (type) => {
  expect(isSolidityType(type)).toBe(true)
})

it.each([
  '',
  '[]',
  'uint256[',
  'uint256]',
  'uint256[x]',
  '(',
  ')',
  '(uint256',
  'uint256)',
  '(,)',
  '(a,)',
  'a,b',
  '1a',
  'a b',
  '(a)b',
  'a(b)',
])('refuses %j', (type) => {
  expect(isSolidityType(type)).toBe(false)
})

it('judges long texts quickly', () => {
  const startedAt = processorMs()
  expect(isSolidityType('('.repeat(1_000_000))).toBe(false)
  expect(isSolidityType(`${'('.repeat(500_000)}${')'.repeat(500_000)}`)).toBe(true)
  expect(isSolidityType(`a${'[]'.repeat(500_000)}x`)).toBe(false)
  expect(processorMs() - startedAt).toBeLessThan(1000)
})
