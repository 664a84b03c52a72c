import { callContract, upgradeContract } from './contract-calls.ts'
import {
  authorizeTrustline,
  bumpSequence,
  claimBalance,
  clawback,
  createClaimableBalance,
  manageData,
  setOptions,
} from './issuing.ts'
import { createAccount, mergeAccount, pathPaymentStrictReceive, pathPaymentStrictSend, payment } from './payments.ts'
import { tokenBurn, tokenMint, tokenTransfer } from './token-contract.ts'
import {
  changeTrust,
  createPassiveSellOffer,
  depositToPool,
  manageBuyOffer,
  manageSellOffer,
  withdrawFromPool,
} from './trading.ts'

/** Everything a transaction of the simulator can do. */
export const stellarOperation = {
  authorizeTrustline,
  bumpSequence,
  callContract,
  changeTrust,
  claimBalance,
  clawback,
  createAccount,
  createClaimableBalance,
  createPassiveSellOffer,
  depositToPool,
  manageBuyOffer,
  manageData,
  manageSellOffer,
  mergeAccount,
  pathPaymentStrictReceive,
  pathPaymentStrictSend,
  payment,
  setOptions,
  tokenBurn,
  tokenMint,
  tokenTransfer,
  upgradeContract,
  withdrawFromPool,
}
