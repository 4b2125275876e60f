import Scheduling
import Support
import Testing

@Suite("Clients in turn", .timeLimit(.minutes(2))) struct ClientTurnsTests {
  @Test(arguments: 0..<20)
  func `ClientTurns: a client with elements is taken once before another is taken twice`(
    seed: Int
  ) {
    var random = SeededNumbers(seed: seed)
    var turns = ClientTurns<(client: String?, number: Int)>()
    var waiting: [String?: [Int]] = [:]
    /// Takes since each waiting client's last turn, or since it came.
    var passed: [String?: Int] = [:]
    for number in 0..<2000 {
      if Int.random(in: 0..<9, using: &random) < 5 {
        let client = [nil, "a", "b", "c", "d"][Int.random(in: 0..<5, using: &random)]
        turns.append((client, number), of: client)
        waiting[client, default: []].append(number)
        passed[client] = passed[client] ?? 0
      } else if let taken = turns.next() {
        let (client, number) = taken.element
        #expect(taken.client == client)
        #expect(waiting[client]?.first == number)
        waiting[client]?.removeFirst()
        for other in passed.keys where other != client { passed[other]? += 1 }
        passed[client] = waiting[client]?.isEmpty == true ? nil : 0
        #expect(passed.values.allSatisfy { $0 <= 4 })
      } else {
        #expect(waiting.values.allSatisfy { $0.isEmpty })
      }
      #expect(turns.count == waiting.values.reduce(0) { $0 + $1.count })
    }
  }

  @Test func `ClientTurns: work of one client does not wait for all of another's`() async {
    let threads = BlockingThreadPool(limit: 1)
    let gate = Gate()
    let order = Box<[String]>([])
    threads.run { gate.pass() }
    for _ in 0..<50 { threads.run(for: "many") { order.update { $0.append("many") } } }
    threads.run(for: "few") { order.update { $0.append("few") } }
    gate.open()
    let allRan = await order.until { $0.count == 51 }
    #expect(allRan)
    let place = order.value.firstIndex(of: "few")
    #expect(place == 1)
  }

  @Test func `ClientTurns: those that may have no turn are passed, and keep their order`() {
    var turns = ClientTurns<Int>()
    for number in 0..<3 { turns.append(number, of: "a") }
    turns.append(10, of: "b")
    #expect(turns.next { $0 != "a" }?.element == 10)
    #expect(turns.next { $0 != "a" } == nil)
    #expect(turns.count == 3)
    #expect((0..<3).map { _ in turns.next()?.element } == [0, 1, 2])
  }

  @Test func `BlockingThreadPool: a client leaves threads to others`() async {
    let threads = BlockingThreadPool(limit: 5, ofOne: 3)
    let gate = Gate()
    let began = Box<[String]>([])
    for _ in 0..<20 {
      threads.run(for: "many") {
        began.update { $0.append("many") }
        gate.pass()
      }
    }
    let took = await began.until { $0.count == 3 }
    #expect(took)
    for _ in 0..<2 {
      threads.run(for: "few") {
        began.update { $0.append("few") }
        gate.pass()
      }
    }
    let fewBegan = await began.until { $0.count == 5 }
    #expect(fewBegan)
    #expect(began.value == ["many", "many", "many", "few", "few"])
    gate.open()
    let allRan = await began.until { $0.count == 22 }
    #expect(allRan)
  }
}
