// Prints "passed failed skipped" of a vitest JSON report; fails when too few ran or too many were skipped.
import { readFileSync } from 'node:fs'

const [path, minimum, skippedMax] = process.argv.slice(2)
const report = JSON.parse(readFileSync(path, 'utf8'))
const passed = report.numPassedTests
const failed = report.numFailedTests + report.numFailedTestSuites * (report.numFailedTests === 0 ? 1 : 0)
const skipped = report.numPendingTests + report.numTodoTests
console.log(`${passed} ${failed} ${skipped}`)
if (passed < Number(minimum)) {
  console.error(`only ${passed} tests ran, at least ${minimum} must`)
  process.exit(1)
}
if (skipped > Number(skippedMax)) {
  console.error(`${skipped} tests were skipped, at most ${skippedMax} may be`)
  process.exit(1)
}
