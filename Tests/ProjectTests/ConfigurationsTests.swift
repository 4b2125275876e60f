import Foundation
import Testing
import Yams

/// The samples in `Config` for clusters and for those who watch.
@Suite("Configurations") struct ConfigurationsTests {
  private typealias Object = [String: Any]

  private static let manifests = ["servers", "store", "workers", "workers-keda", "shards"].map {
    "Config/kubernetes/\($0).yaml"
  }

  private func documents(_ path: String) throws -> [Object] {
    try Yams.load_all(yaml: Project.text(path)).map { try #require($0 as? Object) }
  }

  /// The pods that a manifest makes.
  private func pods(of document: Object) throws -> [Object] {
    let spec = try #require(document["spec"] as? Object)
    let template = (spec["jobTargetRef"] as? Object ?? spec)["template"] as? Object
    return template.flatMap { $0["spec"] as? Object }.map { [$0] } ?? []
  }

  @Test(arguments: manifests)
  func `Kubernetes: an object has its kind, its version and a name`(path: String) throws {
    let versions = [
      "Deployment": "apps/v1", "StatefulSet": "apps/v1", "Service": "v1", "Job": "batch/v1",
      "PodDisruptionBudget": "policy/v1", "ScaledJob": "keda.sh/v1alpha1",
    ]
    let documents = try documents(path)
    #expect(!documents.isEmpty)
    for document in documents {
      let kind = try #require(document["kind"] as? String)
      #expect(document["apiVersion"] as? String == versions[kind], "\(kind)")
      let name = (document["metadata"] as? Object)?["name"] as? String ?? ""
      #expect(name.wholeMatch(of: #/[a-z0-9]([a-z0-9\-]*[a-z0-9])?/#) != nil, "\(name)")
      if ["Deployment", "StatefulSet"].contains(kind) {
        let spec = try #require(document["spec"] as? Object)
        let wanted = (spec["selector"] as? Object)?["matchLabels"] as? [String: String]
        let labels = (spec["template"] as? Object)?["metadata"] as? Object
        #expect(wanted != nil && labels?["labels"] as? [String: String] == wanted, "\(name)")
      }
    }
  }

  @Test(arguments: manifests)
  func `Kubernetes: what a container mounts and what its probes ask is there`(path: String) throws {
    for document in try documents(path) {
      let claims = (document["spec"] as? Object)?["volumeClaimTemplates"] as? [Object] ?? []
      let claimed = claims.compactMap { ($0["metadata"] as? Object)?["name"] as? String }
      for pod in try pods(of: document) {
        let volumes = (pod["volumes"] as? [Object] ?? []).compactMap { $0["name"] as? String }
        for container in try #require(pod["containers"] as? [Object]) {
          let mounts = (container["volumeMounts"] as? [Object] ?? []).compactMap {
            $0["name"] as? String
          }
          #expect(Set(mounts) == Set(volumes + claimed), "\(path)")
          let ports = Set(
            (container["ports"] as? [Object] ?? []).compactMap { $0["name"] as? String })
          for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            guard let asked = (container[probe] as? Object)?["httpGet"] as? Object else { continue }
            #expect(["/livez", "/readyz"].contains(asked["path"] as? String), "\(path)")
            #expect(ports.contains(asked["port"] as? String ?? ""), "\(path)")
          }
          #expect((container["resources"] as? Object)?["requests"] != nil, "\(path)")
        }
        let grace = pod["terminationGracePeriodSeconds"] as? Int ?? 30
        #expect(grace > 30 || document["kind"] as? String == "Job", "\(path): \(grace) seconds")
      }
    }
  }

  @Test(arguments: ["Config/slurm/work.sh", "Config/slurm/shards.sh"])
  func `Slurm: a script is executable, ends on every mistake, and gives the program the signals`(
    path: String
  ) throws {
    let text = try Project.text(path)
    #expect(text.hasPrefix("#!/bin/bash\n") && text.contains("\nset -eu\n"))
    #expect(text.contains("\nexec eyepiece "))
    #expect(
      FileManager.default.isExecutableFile(atPath: Project.root.appending(path: path).path))
  }

  /// Every series that the server has, as its sources name them.
  private func series() throws -> Set<String> {
    let text = try Project.files(under: "Sources/API").map(Project.text).joined()
    let names = text.matches(of: #/"(eyepiece_[a-z_]+)"/#).map { String($0.output.1) }
    let histograms = names.filter { $0.hasSuffix("_duration_seconds") }.map { "\($0)_bucket" }
    return Set(names + histograms)
  }

  private func unknown(in expressions: [String]) throws -> Set<String> {
    let named = expressions.flatMap { text in
      text.matches(of: #/\beyepiece_[a-z_]+/#).map { String($0.output) }
    }
    #expect(named.count > 5)
    return Set(named).subtracting(try series())
  }

  @Test func `Alerts: each has words and a severity, and asks for series that there are`() throws {
    let file = try #require(try documents("Config/prometheus/eyepiece.rules.yaml").first)
    let groups = try #require(file["groups"] as? [Object])
    let rules = groups.flatMap { $0["rules"] as? [Object] ?? [] }
    #expect(rules.count > 5)
    for rule in rules {
      let name = rule["alert"] as? String ?? ""
      #expect(name.hasPrefix("Eyepiece"))
      #expect((rule["annotations"] as? Object)?["summary"] != nil, "\(name)")
      #expect(
        ["warning", "critical"].contains((rule["labels"] as? Object)?["severity"] as? String))
    }
    #expect(try unknown(in: rules.compactMap { $0["expr"] as? String }).isEmpty)
  }

  @Test func `Dashboard: its panels lie beside each other, and ask for series that there are`()
    throws
  {
    let data = Data(try Project.text("Config/grafana/eyepiece.json").utf8)
    let file = try #require(try JSONSerialization.jsonObject(with: data) as? Object)
    let panels = try #require(file["panels"] as? [Object])
    var cells: Set<[Int]> = []
    for panel in panels {
      let place = try #require(panel["gridPos"] as? [String: Int])
      let (x, y, w, h) = (place["x"] ?? 0, place["y"] ?? 0, place["w"] ?? 0, place["h"] ?? 0)
      #expect(w > 0 && h > 0 && x + w <= 24)
      for row in y..<y + h {
        for column in x..<x + w { #expect(cells.insert([row, column]).inserted) }
      }
    }
    #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
    let targets = panels.flatMap { $0["targets"] as? [Object] ?? [] }
    #expect(try unknown(in: targets.compactMap { $0["expr"] as? String }).isEmpty)
  }
}
