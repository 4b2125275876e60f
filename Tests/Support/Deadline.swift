/// Whether a condition becomes true before a deadline; it is looked at every few milliseconds.
///
/// For what announces nothing: a queue's counts, another process. For what a test itself sets there
/// are `Box.until` and `Gate.arrived`. The deadline is for what never happens: however slow the
/// machine, it is not met by what does.
package func eventually(
  within limit: Duration = .seconds(60), _ condition: () async -> Bool
) async -> Bool {
  let clock = ContinuousClock()
  let deadline = clock.now.advanced(by: limit)
  while clock.now < deadline {
    if await condition() { return true }
    try? await clock.sleep(for: .milliseconds(5))
  }
  return await condition()
}
