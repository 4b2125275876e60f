extension FeaturesOutput {
  package func prepare(_ pages: PagesQuery) throws(FeaturizationError) -> PagesRendering {
    try vectors.array(pages)
  }

  package func holdsAllPages(in format: FeatureRequest.Format) -> Bool { vectors.sharesComponents }
}
