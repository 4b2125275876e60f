import Analysis

extension Problem {
  init(_ error: AnalysisError) {
    switch error {
    case .noContrast:
      self.init(
        422, "no-contrast", "Nothing in the image stands out",
        "All pixels of the image are alike, so that no part of it can be told from another")
    case .tooManyClusters(let asked, let distinct):
      self.init(
        422, "too-many-clusters", "There are fewer different vectors than clusters",
        "\(asked) clusters are asked for, and there are \(distinct) different vectors to begin from"
      )
    case .nothingSalient:
      self.init(
        422, "nothing-salient", "No cluster stands out in most of the images",
        "Parts are of what the class token attends to in three quarters of the images, and there is no "
          + "such cluster; ask for another k, or without parts")
    case .notFinite:
      self.init(
        422, "not-finite", "Features are not finite",
        "The image has features that are not finite numbers, or too large")
    }
  }
}
