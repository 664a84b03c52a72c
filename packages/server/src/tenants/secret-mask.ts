const hiddenSizeMin = 12

/** `scheme://host/…••••last4`: enough to recognise an endpoint, nothing of a short secret. */
export function maskOfUrl(text: string): string {
  if (!URL.canParse(text)) return maskOfSecret()
  const url = new URL(text)
  const hidden = url.pathname + url.search + url.hash
  return `${url.protocol}//${url.host}/…••••${hidden.length >= hiddenSizeMin ? hidden.slice(-4) : ''}`
}

export function maskOfSecret(): string {
  return '••••••••'
}
