import API
import Foundation
import Cache
import Transport

extension Doctor {
  /// The place that a server would take.
  enum ServerCheck {
    /// Who could come in.
    @Sendable static func access(_ settings: Settings) async -> [Finding] {
      let address = SocketAddress(host: settings.host, port: settings.port)
      do {
        let scheme = try settings.tls == nil ? "http" : "https"
        let policy = try settings.policy(at: [address])
        let who = policy.tokens.map { "\($0.entries.count) tokens" } ?? "everybody"
        return [.good("access", "\(scheme)://\(address) is open to \(who)")]
      } catch {
        return [.bad("access", "\(error)")]
      }
    }

    @Sendable static func port(_ settings: Settings) async -> [Finding] {
      let (host, port) = (settings.host, settings.port)
      do throws(TransportError) {
        let listener = try Listener(
          host: host, port: port, on: EventLoop(label: "eyepiece.doctor"))
        defer { listener.close() }
        return [.good("port", "\(listener.address) is free")]
      } catch {
        return [.bad("port", "\(host):\(port) cannot be had: \(error)")]
      }
    }

    @Sendable static func store(_ settings: Settings) async -> [Finding] {
      guard let path = settings.store else { return [.note("store", "nothing is kept on disk")] }
      let files = FileManager.default
      // Where there is no folder yet, it will be made.
      var place = URL(filePath: path).standardizedFileURL
      let isNew = !files.fileExists(atPath: place.path)
      while !files.fileExists(atPath: place.path), place.pathComponents.count > 1 {
        place.deleteLastPathComponent()
      }
      let kind = (try? files.attributesOfItem(atPath: place.path))?[.type] as? FileAttributeType
      guard kind != .typeRegular else {
        return [.bad("store", "\(place.path) is no folder")]
      }
      guard files.isWritableFile(atPath: place.path) else {
        return [.bad("store", "\(place.path) cannot be written to")]
      }
      let system = try? files.attributesOfFileSystem(forPath: place.path)
      let free = (system?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
      var held = 0
      if !isNew {
        do throws(StorageError) {
          held = try DiskStore(at: path, budget: .max).totalBytes
        } catch .inUse {
          return [.note("store", "\(path) is in use by a server; \(free.inBytes) are free")]
        } catch {
          return [.bad("store", "\(CompositionError.store(error))")]
        }
      }
      let budget = settings.diskBytes
      let words = "\(path): \(held.inBytes) held, \(free.inBytes) free, budget \(budget.inBytes)"
      return [
        budget - held > free
          ? .note("store", words + ": the disk is full before the budget is")
          : .good("store", words)
      ]
    }
  }
}
