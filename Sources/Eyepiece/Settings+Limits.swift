import API
import Backlog
import Cache
import Featurization
package import HTTP1
import HTTPServer
import ImageCodecs
import Scheduling
import Sharing

/// The settings as the parts of the program take them.
extension Settings {
  var featurization: FeaturizationLimits {
    FeaturizationLimits(
      decoding: DecodingLimits(
        encodedBytes: self.bodyBytes, pixels: self.pixels, side: self.side, pages: self.pages),
      tokens: self.tokens, views: self.views, maxTflop: self.maxTflop,
      points: self.points, jsonBytes: self.jsonBytes, guideBytes: self.workingMemory)
  }

  /// Where jobs are kept.
  enum JobsPlace: Hashable {
    case nowhere
    case folder(String)
    /// The address of a database.
    case database(String)
  }

  /// Where jobs are kept: nowhere without a store, which has what they need.
  var jobsPlace: JobsPlace {
    get throws(JobsError) {
      guard self.jobs != "none" else { return .nowhere }
      let isDatabase = ["postgres://", "postgresql://"].contains { self.jobs.hasPrefix($0) }
      guard let store = self.store else {
        if isDatabase { throw .noStore }
        return .nowhere
      }
      if isDatabase { return .database(self.jobs) }
      guard !self.jobs.contains("://") else { throw .notAFolder(Secrets.ofAddress(self.jobs)) }
      return .folder(self.jobs.isEmpty ? "\(store)/jobs" : self.jobs)
    }
  }

  /// The store that machines share; `nil` where this one is alone.
  var sharedStore: (any SharedStore)? {
    get throws(CompositionError) {
      guard let place = self.shared else { return nil }
      if place.hasPrefix("http://") || place.hasPrefix("https://") {
        return HTTPShare(at: place, token: self.sharedToken.isEmpty ? nil : self.sharedToken)
      }
      guard !place.contains("://") else { throw .shared("\(place) is neither a folder nor http") }
      do throws(SharedStoreError) {
        return try FolderShare(at: place)
      } catch {
        throw .shared("\(error)")
      }
    }
  }

  var backlog: BacklogPolicy {
    var policy = BacklogPolicy()
    policy.ownerJobs = self.tokenJobs
    policy.jobs = self.totalJobs
    policy.submissionJobs = self.batchJobs
    policy.kept = self.jobsKept / .seconds(1)
    return policy
  }

  /// The same where several processes work, which may die unseen.
  var sharedBacklog: BacklogPolicy {
    var policy = backlog
    policy.lease = 30
    return policy
  }

  /// Limits of the answers that hold memory; small ones never wait for large ones.
  var answers: AdmissionQueue.Limits {
    var limits = AdmissionQueue.Limits(
      runners: self.connections, waiting: self.queryQueueLength, heldBytes: self.answerMemory,
      age: self.queryWait)
    limits.passes = .max
    return limits
  }

  package var crossOrigin: CrossOrigin {
    get throws(SettingError) {
      do {
        return try CrossOrigin(self.corsOrigins)
      } catch {
        switch error {
        case .notAnOrigin(let text): throw .notAnOrigin(text)
        }
      }
    }
  }

  var server: Limits {
    var limits = Limits()
    limits.connections = self.connections
    limits.addressConnections = self.addressConnections
    limits.headTimeout = self.headTimeout
    limits.bodyIdle = self.bodyTimeout
    limits.bodyRate = self.bodyRate
    limits.bodyGrace = self.bodyGrace
    limits.writeStall = self.writeTimeout
    limits.answerRate = self.answerRate
    limits.answerGrace = self.answerGrace
    limits.sendBuffer = self.sendBufferBytes
    limits.readAhead = self.readAheadBytes
    limits.keepAliveIdle = self.idleTimeout
    limits.linger = self.lingerTimeout
    limits.lingerIdle = self.lingerIdleTimeout
    limits.lingerBytes = self.lingerBytes
    limits.endCancels = self.halfClose
    limits.bodyMemory = self.bodyMemory
    limits.drain = self.drainTimeout
    return limits
  }

  var uploads: UploadLimits {
    var limits = UploadLimits()
    limits.parameters = self.parameters
    limits.form.parts = self.parts
    limits.form.partHeader = self.partHeaderBytes
    limits.optionBytes = self.optionBytes
    return limits
  }

  var protocolLimits: ProtocolLimits {
    var limits = ProtocolLimits()
    limits.head = self.headBytes
    limits.target = self.targetBytes
    limits.fields = self.fields
    limits.chunkExtensions = self.chunkExtensionBytes
    limits.chunkFraming = self.chunkFramingBytes
    return limits
  }
}
