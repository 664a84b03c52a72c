export type EgressErrorCode =
  | 'invalid_url'
  | 'blocked_address'
  | 'dns_failure'
  | 'connect_failed'
  | 'tls_failure'
  | 'timeout'
  | 'body_too_large'
  | 'connection_lost'
  | 'invalid_response'
  | 'aborted'

export type EgressPhase = 'url' | 'connect' | 'request'

/** What a tenant may be told: everything that happens before a connection stands looks alike, so it is no map of the inside. */
export type TenantEgressCode =
  | 'invalid_url'
  | 'unreachable'
  | 'timeout'
  | 'body_too_large'
  | 'connection_lost'
  | 'invalid_response'

/** A failed outbound call. The message never holds the URL beyond its host; operators see the cause in the log. */
export class EgressError extends Error {
  override readonly name = 'EgressError'
  readonly code: EgressErrorCode
  readonly phase: EgressPhase
  readonly tenantCode: TenantEgressCode

  constructor(code: EgressErrorCode, phase: EgressPhase, options: { cause?: unknown } = {}) {
    super(messageByCode[code], options)
    this.code = code
    this.phase = phase
    this.tenantCode = tenantCodeOf(code, phase)
  }
}

const messageByCode: Record<EgressErrorCode, string> = {
  invalid_url: 'the URL cannot be used for an outbound call',
  blocked_address: 'the address is not public',
  dns_failure: 'the host name could not be resolved',
  connect_failed: 'no connection could be made',
  tls_failure: 'the TLS handshake failed',
  timeout: 'the call took too long',
  body_too_large: 'the answer is too large',
  connection_lost: 'the connection ended before the answer was complete',
  invalid_response: 'the answer is not valid HTTP',
  aborted: 'the call was aborted',
}

function tenantCodeOf(code: EgressErrorCode, phase: EgressPhase): TenantEgressCode {
  switch (code) {
    case 'invalid_url':
    case 'body_too_large':
    case 'connection_lost':
    case 'invalid_response':
      return code
    case 'timeout':
      return phase === 'connect' ? 'unreachable' : 'timeout'
    case 'blocked_address':
    case 'dns_failure':
    case 'connect_failed':
    case 'tls_failure':
      return 'unreachable'
    case 'aborted':
      return 'connection_lost'
  }
}
