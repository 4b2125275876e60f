/// Whether a condition becomes true before a deadline; it is looked at every few milliseconds.
package func eventually(
  within limit: Duration = .seconds(10), _ condition: () async -> Bool
) async -> Bool {
  let clock = ContinuousClock()
  let deadline = clock.now.advanced(by: limit)
  while clock.now < deadline {
    if await condition() { return true }
    try? await clock.sleep(for: .milliseconds(5))
  }
  return await condition()
}
