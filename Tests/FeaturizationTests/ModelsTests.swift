import Encoders
import Featurization
import Support
import Testing

@Suite("Models", .timeLimit(.minutes(1))) struct ModelsTests {
  @Test func `Models: loaded models are listed while another is being read`() async throws {
    let gate = Gate()
    let card = ModelCard.stub()
    let models = Models(
      cards: [card], defaultName: card.name, exists: { _ in true },
      load: { card throws(FeaturizationError) in
        gate.pass()
        throw .weightsMissing(model: card.name)
      })
    async let reading = onThread { (try? models.model(named: card.name)) == nil }
    #expect(await gate.arrived(1))
    let told = Box<Bool?>(nil)
    async let asking: Void = onThread {
      let isLoaded = models.isDefaultLoaded
      told.update { $0 = isLoaded }
    }
    #expect(await told.until { $0 == false })
    gate.open()
    #expect(try await reading)
    try await asking
  }
}
