/** `work`, or a rejection with `toError()` as soon as `signal` is aborted, even if `work` itself ignores the signal. */
export function untilAborted<T>(signal: AbortSignal | undefined, work: Promise<T>, toError: () => Error): Promise<T> {
  if (signal === undefined) return work
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(toError())
    const settle = () => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    work.then(resolve, reject).finally(settle)
  })
}
