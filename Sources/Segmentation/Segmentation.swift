// Trainable segmentation: strokes in, classes of all pixels out.
//
// What a caller does, in this order:
//
// 1. `GreyPicture(intensities, shownBy: canvas)`: the levels that classical features are made of,
//    from the picture that the encoder sees. 4 bytes a pixel.
// 2. `TrainingImage(key:deep:grey:labels:cell:)` for each image with labels: its fields (several
//    where layers stand side by side, none for classical features alone), its picture, a
//    `LabelImage` of the field's size, and the stride as the cell.
// 3. `TrainingSet(of:classes:options:reusing:workers:shouldStop:)`: the labelled pixels' features.
//    Rows · features · 4 bytes, twice for the classical ones; 50,000 rows of 426 are 90 MB. The set
//    of the strokes before saves all rows but the new ones.
//    What is seen of it is given, or chosen by `FeatureChoice(for:classes:set:usual:)` and cut out by
//    `restricted(to:parts:of:)`.
// 4. A model of it. While the pointer moves: `DiscriminantAnalysis().fit(ClassMoments(of: set))`,
//    of classes · (features + 1)² · 8 bytes. When it is lifted: `LogisticRegression.preview(c:)`,
//    from the last model. What is kept, exported or named: `LogisticRegression()`, from nothing, so
//    that equal labels give equal bytes. The next stroke stops either by `shouldStop`; the solver
//    holds the rows' probabilities, and a matrix of (features + 1)² doubles a few times.
// 5. `Classifier(model, of: set, classes:provenance:)`, a value. `file` and `init(file:)` are its
//    safetensors file, `id` its name; `provenance.differences(from:)` says why a field does not fit.
// 6. Its answer for an image: `labels(deep:grey:)` for the classes alone, one byte a pixel, or
//    `scores(deep:grey:)`, 4 bytes a pixel and class, and of these `labels`, `probabilities()`, and
//    `uncertainty(_:)`. Beside that a thread holds one band of classical features, 32 rows of a
//    picture 1024 wide: 6 MB. `bands` passes on the scores without keeping them.
// 7. Clean-up, each only where it is asked for: of scores `GuidedFilter` (20 bytes a pixel) and
//    `KnownFractions`, of labels `MajorityFilter` and `SmallObjects`.
// 8. Measurements of labels: `PhaseFractions`, `Components`, `RegionProperties`, `Interfaces`,
//    `TwoPointCorrelation`, and `SamplingError`, the interval of a fraction from one image.
//
// Nothing here waits, reads a clock or a file. Results depend neither on the number of threads
// nor on the order of strokes, of images or of earlier trainings.
