import HTTPTypes

/// The paths of the Open Inference Protocol, of which some have a second form with a version.
extension Route {
  static let inference: [Route] =
    [
      Route(.get, "/v2", .client) { service, _ in service.inference.server() },
      Route(.get, "/v2/health/live", .open) { service, _ in service.inference.isLive() },
      Route(.get, "/v2/health/ready", .open) { service, _ in
        service.inference.isReady(service.currentReadiness)
      },
      Route(.get, "/v2/models", .client) { service, _ in service.inference.list() },
      Route(.post, "/v2/repository/index", .client) { service, _ in service.inference.index() },
      Route(.post, "/v2/repository/models/{model}/load", .client) {
        service, context throws(Problem) in
        try service.inference.refuseLoading(context)
      },
      Route(.post, "/v2/repository/models/{model}/unload", .client) {
        service, context throws(Problem) in
        try service.inference.refuseLoading(context)
      },
    ]
    + ["/v2/models/{model}", "/v2/models/{model}/versions/\(InferenceModel.version)"].flatMap {
      path in
      [
        Route(.get, path, .client) { service, context throws(Problem) in
          try service.inference.describe(context)
        },
        Route(.get, "\(path)/ready", .open) { service, context throws(Problem) in
          try service.inference.isModelReady(context)
        },
        Route(.post, "\(path)/infer", .charged) { service, context throws(Problem) in
          try service.inference.infer(context)
        },
      ]
    }
}
